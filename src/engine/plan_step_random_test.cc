// Plans under random arrivals, one after the other: what no single plan can show.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "gatehouse/engine/plan_step.h"

namespace gatehouse::engine {
namespace {

struct Job {
  SequenceView view;
  std::uint32_t tokens_left;
  std::uint64_t started_step;  // when it began to wait
};

// Plays the engine loop: applies plans to sequences, checks each against the rules.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : engine_(seed) {
    limits_.seats = static_cast<std::uint32_t>(1 + below(12));
    arrive_every_ = 1 + below(12);
    limits_.prefill_chunk = static_cast<std::uint32_t>(8 + below(64));
    limits_.prefill_chunk_alone = limits_.prefill_chunk * 4;
    limits_.save_cells_max = below(2) * 1000;
    limits_.linger = milliseconds(10);
    tenants_ = 1 + below(4);
  }

  void run() {
    for (int i = 0; i < 150 && !testing::Test::HasFailure(); ++i) busy_step();
    for (auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::parked) job.view.patience = now_ + seconds(1);
    }
    for (std::uint32_t i = 0; i < 3 * limits_.seats; ++i) step(Ends::no);
    if (seated_.size() < limits_.seats) {
      EXPECT_LE(runs_of_running(), 1U) << "running sequences are not consecutive";
    }
    finish_all();
  }

 private:
  enum class Ends { no, yes };

  std::uint64_t below(std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(engine_); }
  Job& any_seated() { return std::next(seated_.begin(), static_cast<std::ptrdiff_t>(below(seated_.size())))->second; }

  void busy_step() {
    if (below(arrive_every_) == 0) arrive();
    if (!seated_.empty() && below(6) == 0) seated_.erase(any_seated().view.seat);  // the client went away
    if (!waiting_.empty() && below(10) == 0) waiting_.erase(waiting_.begin());
    if (!seated_.empty() && below(4) == 0) park_or_resume(any_seated().view);
    step(Ends::yes);
  }

  void arrive() {
    Job job{.view = {}, .tokens_left = static_cast<std::uint32_t>(1 + below(30)), .started_step = step_};
    job.view.prompt_left = static_cast<std::uint32_t>(1 + below(300));
    job.view.order = next_order_++;
    job.view.tenant = below(tenants_);
    waiting_.emplace(job.view.order, job);
  }

  void park_or_resume(SequenceView& s) {
    if (s.phase == Phase::decode) {
      s.phase = Phase::parked;
      s.parked_since = now_;
      s.patience = now_ + milliseconds(below(40));
    } else if (s.phase == Phase::parked) {
      s.phase = Phase::decode;
      s.patience = Instant::max();
    }
  }

  void step(Ends ends) {
    std::vector<SequenceView> sequences;
    for (const auto& [seat, job] : seated_) sequences.push_back(job.view);
    std::ranges::shuffle(sequences, engine_);
    std::vector<WaitingView> waiting;
    for (const auto& [order, job] : waiting_) waiting.push_back({.order = order, .tenant = job.view.tenant});
    std::ranges::shuffle(waiting, engine_);
    const StepPlan plan = plan_step(Standing{sequences, waiting, {}}, limits_, now_);
    expire(plan);
    give_back(plan);
    move(plan);
    check_prefill_and_decode(plan);  // before new ones are seated: they take no part
    take_seats(plan);
    compute(plan, ends);
    now_ += milliseconds(1);
    ++step_;
  }

  void expire(const StepPlan& plan) {
    std::vector<Seat> due;
    for (const auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::parked && job.view.patience <= now_) due.push_back(seat);
    }
    EXPECT_EQ(plan.expired, due);
    for (const Seat seat : plan.expired) seated_.erase(seat);
  }

  void give_back(const StepPlan& plan) {
    if (plan.give_back.empty()) return;
    ASSERT_EQ(plan.give_back.size(), 1U) << "one at most where one waits for one seat";
    EXPECT_EQ(seated_.size(), limits_.seats) << "a free seat, and somebody had to make room";
    const SequenceView& s = seated_.at(plan.give_back.front()).view;
    EXPECT_LE(s.cells, limits_.save_cells_max);
    EXPECT_TRUE(s.phase == Phase::parked || s.cells == 0 || s.run >= 16) << "it has hardly run";
    gone_ = seated_.extract(plan.give_back.front()).mapped();
    gone_->view.run = 0;
    // As if its grant came at once.
    if (gone_->view.phase == Phase::parked) park_or_resume(gone_->view);
  }

  void move(const StepPlan& plan) {
    if (!plan.move) return;
    const auto [from, to] = *plan.move;
    ASSERT_TRUE(seated_.contains(from));
    ASSERT_FALSE(seated_.contains(to));
    ASSERT_LT(to, limits_.seats);
    auto node = seated_.extract(from);
    node.key() = node.mapped().view.seat = to;
    seated_.insert(std::move(node));
  }

  void take_seats(const StepPlan& plan) {
    const std::size_t expected = std::min<std::size_t>(waiting_.size(), limits_.seats - seated_.size());
    EXPECT_EQ(plan.seat.size(), expected) << "a free seat and a job that waits";
    for (const auto& [order, seat] : plan.seat) {
      ASSERT_TRUE(waiting_.contains(order));
      const std::uint64_t tenant = waiting_.at(order).view.tenant;
      for (const auto& [older, job] : waiting_) ASSERT_TRUE(older >= order || job.view.tenant != tenant) << "not first come first served";
      ASSERT_LT(seat, limits_.seats);
      auto node = waiting_.extract(order);
      node.mapped().view.seat = seat;
      ASSERT_TRUE(seated_.emplace(seat, node.mapped()).second) << "two sequences on one seat";
    }
    if (gone_) waiting_.emplace(gone_->view.order, *gone_);
    gone_.reset();
  }

  void check_prefill_and_decode(const StepPlan& plan) {
    std::vector<Seat> decoding;
    std::map<Seat, const SequenceView*> prompts;
    for (const auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::decode) decoding.push_back(seat);
      if (job.view.phase == Phase::prefill) prompts.emplace(seat, &job.view);
    }
    EXPECT_EQ(plan.decode, decoding);
    ASSERT_EQ(plan.prefill.empty(), prompts.empty());
    std::uint32_t tokens = 0;
    int unfinished = 0;
    for (const Prefill& part : plan.prefill) {
      ASSERT_TRUE(prompts.contains(part.seat));
      const SequenceView& s = *prompts.at(part.seat);
      EXPECT_GT(part.tokens, 0U);
      EXPECT_EQ(part.last, part.tokens == s.prompt_left);
      unfinished += part.last ? 0 : 1;
      tokens += part.tokens;
      for (const auto& [seat, other] : prompts) {
        const bool taken = std::ranges::any_of(plan.prefill, [seat](const Prefill& p) { return p.seat == seat; });
        EXPECT_TRUE(taken || other->tenant != s.tenant || other->order > s.order) << "a younger prompt of the same tenant";
      }
    }
    EXPECT_LE(unfinished, plan.prefill.size() == 1 ? 1 : 0);
    EXPECT_LE(tokens, decoding.empty() && plan.prefill.size() == 1 ? limits_.prefill_chunk_alone : limits_.prefill_chunk);
  }

  void compute(const StepPlan& plan, Ends ends) {
    for (const Seat seat : plan.decode) {
      Job& job = seated_.at(seat);
      ++job.view.cells;
      ++job.view.run;
      if (ends == Ends::yes && --job.tokens_left == 0) seated_.erase(seat);
    }
    for (const Prefill& part : plan.prefill) {
      SequenceView& s = seated_.at(part.seat).view;
      s.prompt_left -= part.tokens;
      s.cells += part.tokens;
      s.run += part.tokens;
      if (part.last) s.phase = Phase::decode;
    }
  }

  std::size_t runs_of_running() const {
    std::size_t runs = 0;
    std::optional<Seat> last;
    for (const auto& [seat, job] : seated_) {
      if (job.view.phase == Phase::parked) continue;
      if (!last || seat != *last + 1) ++runs;
      last = seat;
    }
    return runs;
  }

  // Nobody starves: every step computes a token or part of a prompt, or expires somebody, so the work that is left bounds the steps.
  void finish_all() {
    std::uint64_t bound = 1100;  // of which 1000 are the longest patience
    for (const auto& [seat, job] : seated_) bound += job.view.prompt_left + job.tokens_left + 2;
    for (const auto& [order, job] : waiting_) bound += job.view.prompt_left + job.tokens_left + 2;
    while (bound > 0 && !testing::Test::HasFailure() && !(seated_.empty() && waiting_.empty())) {
      step(Ends::yes);
      --bound;
    }
    EXPECT_TRUE(seated_.empty() && waiting_.empty()) << "somebody starved";
  }

  std::mt19937_64 engine_;
  StepLimits limits_;
  std::uint64_t arrive_every_ = 1;
  Instant now_ = Instant() + seconds(1);
  std::uint64_t step_ = 0, next_order_ = 1;
  std::uint64_t tenants_ = 1;
  std::map<Seat, Job> seated_;
  std::map<std::uint64_t, Job> waiting_;
  std::optional<Job> gone_;  // has given its seat back in this step
};

TEST(PlanStep, ThousandsOfStepsKeepTheRules) {
  for (std::uint64_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Simulation(seed).run();
  }
}

}  // namespace
}  // namespace gatehouse::engine
