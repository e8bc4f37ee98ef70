// A decode loop that tests turn by hand: a scripted model, a clock that stands still, and a front that writes down what it is told.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/engine/loop.h"
#include "gatehouse/engine/scripted_model.h"

namespace gatehouse::engine {

inline ScriptedOptions seats_of(std::uint32_t seats, std::uint32_t cells = 4096) {
  ScriptedOptions options;
  options.seats = seats;
  options.seat_cells = cells;
  return options;
}
inline LoopOptions queue_of(std::uint32_t jobs) {
  LoopOptions options;
  options.queue = jobs;
  return options;
}

// What one choice was told; ended: before others of its job.
struct ToldChoice {
  std::uint32_t tokens = 0;
  std::string text;
  std::optional<wire::engine::FinishReason> ended;
};
// What one job was told, all in all.
struct Told {
  std::map<std::uint32_t, ToldChoice> choices;
  std::uint32_t tokens = 0, cached = 0;
  std::string text;
  std::vector<wire::engine::TokenScore> scores;
  int asks = 0, waits = 0;
  std::vector<wire::engine::Done> dones;
  bool ended() const { return !dones.empty(); }
};

// Holds of every step: at most one frame of tokens a link, no job in it twice or empty, none of a job that is done, done once.
class WritingFront final : public EventSink {
 public:
  void send(std::uint32_t link, std::uint64_t job, const wire::engine::Body& body) override {
    if (const auto* batch = std::get_if<wire::engine::TokenBatch>(&body)) {
      EXPECT_EQ(job, 0U);
      EXPECT_TRUE(links_of_step_.insert(link).second) << "two frames of one step";
      take(link, *batch);
      return;
    }
    const auto* done = std::get_if<wire::engine::Done>(&body);
    ASSERT_NE(done, nullptr);
    Told& told = jobs[JobKey{link, job}];
    EXPECT_FALSE(told.ended()) << "done twice";
    EXPECT_EQ(done->completion_tokens, told.tokens) << "what is paid for is not what was delivered";
    told.dones.push_back(*done);
    order.push_back(JobKey{link, job});
    if (on_done) on_done();
  }
  void next_step() { links_of_step_.clear(); }

  std::map<JobKey, Told> jobs;
  std::vector<JobKey> order;  // in which they were done
  std::function<void()> on_done;

 private:
  void take(std::uint32_t link, const wire::engine::TokenBatch& batch) {
    EXPECT_FALSE(batch.events.empty());
    std::set<std::pair<std::uint64_t, std::uint32_t>> seen;
    for (const wire::engine::TokenEvent& event : batch.events) {
      EXPECT_TRUE(seen.insert({event.job, event.choice}).second) << "a choice twice in one step";
      EXPECT_TRUE(event.count > 0 || event.ended || !event.text.empty() || !event.scores.empty()) << "an event of nothing";
      Told& told = jobs[JobKey{link, event.job}];
      EXPECT_FALSE(told.ended()) << "tokens after done";
      ToldChoice& choice = told.choices[event.choice];
      EXPECT_FALSE(choice.ended.has_value()) << "tokens of a choice that has ended";
      choice.tokens += event.count;
      choice.text += event.text;
      if (event.ended) choice.ended = event.reason;
      told.tokens += event.count;
      told.cached = std::max(told.cached, event.cached);
      told.text += event.text;
      told.scores.insert(told.scores.end(), event.scores.begin(), event.scores.end());
      told.asks += event.ask_ahead ? 1 : 0;
      told.waits += event.waiting ? 1 : 0;
    }
  }
  std::set<std::uint32_t> links_of_step_;
};

class TurnedLoop {
 public:
  explicit TurnedLoop(ScriptedOptions model_options = {}, LoopOptions loop_options = {})
      : hook_(std::make_shared<std::function<void()>>()),
        model_(scripted_model(hooked(std::move(model_options), hook_), &trace)),
        loop(*model_.sequences, clock, front, loop_options) {}

  // Whose the jobs are that are prepared from here on.
  void as(std::uint64_t tenant, std::uint32_t weight = 1) { tenant_ = tenant, weight_ = weight; }
  bool prepare(std::uint64_t job, const std::string& prompt, std::vector<std::string> stops = {}, std::uint32_t link = 0) {
    wire::engine::Prepare prepare;
    prepare.chat = false;
    prepare.prompt = prompt;
    auto tokens = model_.compiler->compile(prepare);
    EXPECT_TRUE(tokens.ok());
    return loop.push(LoopCommand(JobKey{link, job}, PreparedJob{std::move(*tokens), prepare.sampling, std::move(stops), tenant_, weight_}));
  }
  // Several answers to one prompt.
  bool prepare_choices(std::uint64_t job, std::uint32_t choices, const std::string& prompt, std::uint32_t link = 0,
                       std::optional<std::uint64_t> seed = {}) {
    wire::engine::Sampling sampling;
    sampling.seed = seed;
    PreparedJob prepared{{prompt.begin(), prompt.end()}, sampling, {}, tenant_, weight_, nullptr, choices};
    return loop.push(LoopCommand(JobKey{link, job}, std::move(prepared)));
  }
  void ask_choices(std::uint64_t job, std::uint32_t choices, const std::string& prompt, std::uint32_t per_choice) {
    EXPECT_TRUE(prepare_choices(job, choices, prompt, 0, 7));
    tell(job, wire::engine::Start{choices * per_choice, per_choice});
    finish(job);
  }
  void ask_for_scores(std::uint64_t job, const std::string& prompt, std::uint32_t grant, std::vector<std::string> stops = {}) {
    wire::engine::Sampling sampling;
    sampling.logprobs = true;
    sampling.top_logprobs = 2;
    std::vector<Token> tokens(prompt.begin(), prompt.end());
    EXPECT_TRUE(loop.push(LoopCommand(JobKey{0, job}, PreparedJob{std::move(tokens), sampling, std::move(stops)})));
    start(job, grant);
  }
  template <class What>
  void tell(std::uint64_t job, What what, std::uint32_t link = 0) {
    EXPECT_TRUE(loop.push(LoopCommand(JobKey{link, job}, what)));
  }
  void start(std::uint64_t job, std::uint32_t grant, std::uint32_t link = 0) { tell(job, wire::engine::Start{grant}, link); }
  void grant(std::uint64_t job, std::uint32_t tokens) { tell(job, wire::engine::Grant{tokens}); }
  void finish(std::uint64_t job) { tell(job, wire::engine::Finish{wire::engine::FinishReason::length}); }
  void cancel(std::uint64_t job) { tell(job, wire::engine::Cancel{}); }
  void ask(std::uint64_t job, const std::string& prompt, std::uint32_t grant, std::vector<std::string> stops = {}) {
    EXPECT_TRUE(prepare(job, prompt, std::move(stops)));
    start(job, grant);
  }

  bool turn() {
    front.next_step();
    return loop.turn();
  }
  void turns(int count) {
    for (int i = 0; i < count; ++i) turn();
  }
  // Turns until there is nothing to compute.
  void settle() {
    int left = 100'000;
    while (turn() && left > 0) --left;
    EXPECT_GT(left, 0) << "the loop never rests";
  }
  // Called before each pass of the model; what it throws is a failed pass.
  void before_pass(std::function<void()> hook) { *hook_ = std::move(hook); }

  const Told& told(std::uint64_t job, std::uint32_t link = 0) { return front.jobs[JobKey{link, job}]; }
  const wire::engine::Done& done(std::uint64_t job) {
    EXPECT_EQ(told(job).dones.size(), 1U) << "job " << job;
    static const wire::engine::Done none;
    return told(job).ended() ? told(job).dones.front() : none;
  }
  const SequenceModel& model() const { return *model_.sequences; }
  std::uint32_t seated() const { return loop.counters().sequences; }
  std::uint64_t cells() const { return loop.counters().kv_cells; }
  void expect_empty() {
    EXPECT_EQ(trace.open_seats, 0U);
    EXPECT_EQ(seated(), 0U);
    EXPECT_EQ(cells(), 0U);
    EXPECT_EQ(loop.counters().queued, 0U);
    EXPECT_EQ(loop.counters().jobs, 0U);
    EXPECT_EQ(loop.counters().saved, 0U);
    EXPECT_EQ(loop.counters().saved_bytes, 0U);
  }

 private:
  static ScriptedOptions hooked(ScriptedOptions options, const std::shared_ptr<std::function<void()>>& hook) {
    options.before_pass = [hook] {
      if (*hook) (*hook)();
    };
    return options;
  }
  std::shared_ptr<std::function<void()>> hook_;
  std::uint64_t tenant_ = 0;
  std::uint32_t weight_ = 1;

 public:
  FakeClock clock;
  ScriptedTrace trace;
  WritingFront front;

 private:
  LoadedModel model_;

 public:
  EngineLoop loop;
};

}  // namespace gatehouse::engine
