#include "answer.h"

#include <type_traits>
#include <utility>
#include <vector>

#include "answer_words.h"
#include "errors.h"
#include "gatehouse/wire/openai/logprobs.h"
#include "gatehouse/wire/openai/replies.h"

namespace gatehouse::gateway {
namespace {

using Score = wire::engine::TokenScore;

// How the events of each dialect differ. What all but Anthropic's have in common:
class DataEvents {
 public:
  // Nothing but chats and messages calls tools.
  void call(std::string&, std::uint32_t, std::string_view) const {}
  void arguments(std::string&, std::uint32_t, std::string_view) const {}
  void call_end(std::string&) const {}
  void ran_dry() { dry_ = true; }
  void error(std::string& out, std::string_view json) const { wire::append_event(out, json); }
  void ping(std::string& out) const { out += ": ping\n\n"; }

 protected:
  bool dry_ = false;
};

// Those of /v1: chats begin with a chunk a choice that holds the role alone, echoes with one that holds the prompt.
template <class Chunks, class Logprobs>
class OpenAiEvents : public DataEvents {
 public:
  OpenAiEvents(const AnswerFacts& facts, const Generation& generation)
      : echoed_(generation.echo ? generation.prompt.prompt : std::string()),
        usage_(generation.include_usage),
        scored_(generation.prompt.sampling.logprobs),
        ids_(generation.shape, facts.id),
        calls_(generation.prompt.choices, 0),
        logprobs_(generation.prompt.choices) {
    for (std::uint32_t i = 0; i < generation.prompt.choices; ++i)
      chunks_.emplace_back(head_of(facts), wire::stream_usage(generation.include_usage), i);
  }
  void first(std::string& out, const Usage&) const {
    for (const Chunks& choice : chunks_) {
      if constexpr (std::is_same_v<Chunks, wire::ChatChunks>) choice.role(out);
      choice.text(out, echoed_);
    }
  }
  void text(std::string& out, std::uint32_t choice, std::string_view piece, std::span<const Score> scores) {
    if (!scored_) return chunks_.at(choice).text(out, piece);
    rendered_.clear();
    logprobs_.at(choice).write(rendered_, scores);
    chunks_.at(choice).scored_text(out, piece, rendered_);
  }
  void call(std::string& out, std::uint32_t choice, std::string_view name) {
    const std::string id = ids_.next();
    if constexpr (std::is_same_v<Chunks, wire::ChatChunks>) chunks_.at(choice).call(out, {calls_.at(choice)++, id, name});
  }
  void arguments(std::string& out, std::uint32_t choice, std::string_view piece) const {
    if constexpr (std::is_same_v<Chunks, wire::ChatChunks>) chunks_.at(choice).arguments(out, calls_.at(choice) - 1, piece);
  }
  void end(std::string& out, std::uint32_t choice, wire::engine::FinishReason reason, std::string_view) const {
    chunks_.at(choice).finish(out, name_of(reason, calls_.at(choice) > 0), why_of(reason, dry_));
  }
  void last(std::string& out, const Usage& usage) const {
    if (usage_) chunks_.front().usage(out, usage);
    wire::append_done_event(out);
  }

 private:
  const std::string echoed_;
  const bool usage_, scored_;
  CallIds ids_;
  std::vector<Chunks> chunks_;        // by choice
  std::vector<std::uint32_t> calls_;  // how many
  std::vector<Logprobs> logprobs_;
  std::string rendered_;  // reused
};
using ChatEvents = OpenAiEvents<wire::ChatChunks, wire::ChatLogprobs>;
using TextEvents = OpenAiEvents<wire::TextChunks, wire::TextLogprobs>;

// The usage comes with the end of the choice that ends last.
class GenerateEvents : public DataEvents {
 public:
  GenerateEvents(const AnswerFacts& facts, const Generation& generation) {
    for (std::uint32_t i = 0; i < generation.prompt.choices; ++i) chunks_.emplace_back(head_of(facts), i);
  }
  void first(std::string&, const Usage&) const {}
  void text(std::string& out, std::uint32_t choice, std::string_view piece, std::span<const Score>) const {
    chunks_.at(choice).text(out, piece);
  }
  void end(std::string& out, std::uint32_t choice, wire::engine::FinishReason reason, std::string_view) {
    if (++ended_ < chunks_.size()) return chunks_.at(choice).end(out, name_of(reason), why_of(reason, dry_));
    last_ = choice;
    finish_ = {name_of(reason), why_of(reason, dry_)};
  }
  void last(std::string& out, const Usage& usage) const {
    chunks_.at(last_).finish(out, finish_, usage);
    wire::append_done_event(out);
  }

 private:
  std::vector<wire::GenerateChunks> chunks_;  // by choice
  std::size_t ended_ = 0;
  std::uint32_t last_ = 0;
  wire::GenerateChunks::Finish finish_;
};

// There is one choice in these two dialects. Of the Open Inference Protocol's streams nothing ends but the stream, unless details are asked
// for.
class OipEvents : public DataEvents {
 public:
  OipEvents(const AnswerFacts& facts, const Generation& generation)
      : facts_(facts), asked_id_(generation.asked_id), details_(generation.include_usage) {}
  void first(std::string&, const Usage&) const {}
  void text(std::string& out, std::uint32_t, std::string_view piece, std::span<const Score>) {
    if (piece.empty()) return;
    wire::OipGenerated generated = oip_answer_head(facts_, asked_id_);
    generated.text = piece;
    put(out, generated);
  }
  void end(std::string&, std::uint32_t, wire::engine::FinishReason reason, std::string_view) { reason_ = reason; }
  void last(std::string& out, const Usage& usage) {
    if (!details_) return;
    wire::OipGenerated generated = oip_answer_head(facts_, asked_id_);
    add_details(generated, name_of(reason_), usage);
    put(out, generated);
  }

 private:
  void put(std::string& out, const wire::OipGenerated& generated) {
    json_.clear();
    wire::write_oip_generated(json_, generated);
    wire::append_event(out, json_);
  }
  const AnswerFacts facts_;
  const std::string asked_id_;
  const bool details_;
  wire::engine::FinishReason reason_ = wire::engine::FinishReason::stop;
  std::string json_;  // reused
};

class AnthropicEvents {
 public:
  AnthropicEvents(const AnswerFacts& facts, const Generation& generation)
      : facts_(facts), ids_(generation.shape, facts.id), opening_(opening_of(generation)) {}
  void first(std::string& out, const Usage& so_far) { events_.start(out, head_of(facts_), so_far, opening_); }
  void text(std::string& out, std::uint32_t, std::string_view piece, std::span<const Score>) { events_.text(out, piece); }
  void call(std::string& out, std::uint32_t, std::string_view name) {
    events_.call(out, ids_.next(), name);
    end_.called = true;
  }
  void arguments(std::string& out, std::uint32_t, std::string_view piece) const { events_.arguments(out, piece); }
  void call_end(std::string& out) { events_.call_end(out); }
  void end(std::string&, std::uint32_t, wire::engine::FinishReason reason, std::string_view stop) {
    end_.reason = reason;
    end_.stop = stop;
  }
  void last(std::string& out, const Usage& usage) { events_.stop(out, message_end(end_, dry_), usage); }
  void ran_dry() { dry_ = true; }
  void error(std::string& out, std::string_view json) const { events_.error(out, json); }
  void ping(std::string& out) const { events_.ping(out); }

 private:
  static wire::MessageEvents::Opening opening_of(const Generation& generation) {
    const bool calls = generation.prompt.tool_use != wire::engine::ToolUse::none;
    return calls ? wire::MessageEvents::Opening::later : wire::MessageEvents::Opening::text;
  }
  const AnswerFacts facts_;
  CallIds ids_;
  const wire::MessageEvents::Opening opening_;
  wire::MessageEvents events_;
  AnswerEnd end_;
  bool dry_ = false;
};

template <class Events>
class StreamAnswer final : public Answer {
 public:
  StreamAnswer(Egress& egress, Levels& levels, const Generation& generation, const AnswerFacts& facts)
      : egress_(egress), streaming_(levels.streams), events_(facts, generation) {}

  void begin(const Usage& so_far) override {
    begun_ = true;
    std::string first;
    events_.first(first, so_far);
    net::Response response(200);
    response.body("text/event-stream; charset=utf-8", std::move(first));
    egress_.begin_stream(std::move(response));
  }
  bool begun() const override { return begun_; }
  void text(std::uint32_t choice, std::string_view piece, std::span<const Score> scores) override {
    events_.text(event_, choice, piece, scores);
    send();
  }
  void call(std::uint32_t choice, std::string_view name) override {
    events_.call(event_, choice, name);
    send();
  }
  void arguments(std::uint32_t choice, std::string_view piece) override {
    events_.arguments(event_, choice, piece);
    send();
  }
  // Goes with what comes next, as the end does.
  void call_end(std::uint32_t) override { events_.call_end(event_); }
  // Goes with what comes next: the text of another choice, or the end of all.
  void end(std::uint32_t choice, wire::engine::FinishReason reason, std::string_view stop) override {
    events_.end(event_, choice, reason, stop);
  }
  void ran_dry() override { events_.ran_dry(); }
  void finish(const Usage& usage) override {
    events_.last(event_, usage);
    end_stream();
  }
  // The client reads the error in its own dialect; no [DONE] follows, because it is not done.
  void fail(const Error& error) override {
    events_.error(event_, error_body(error, egress_.dialect(), egress_.request_id(), egress_.language()));
    end_stream();
  }
  // Not a part of the answer: whoever is told it again did not have to wait.
  void ping() override {
    if (!event_.empty()) send();
    events_.ping(event_);
    egress_.exchange().send(event_);
    event_.clear();
  }

 private:
  void send() {
    egress_.send(event_);
    event_.clear();
  }
  void end_stream() {
    egress_.end_stream(event_);
    event_.clear();
  }
  Egress& egress_;
  const Raised streaming_;
  Events events_;
  std::string event_;  // not sent yet; reused
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Answer> make_answer(Egress& egress, Levels& levels, const Generation& generation, AnswerFacts facts) {
  if (!generation.stream) return make_whole_answer(egress, generation, std::move(facts));
  switch (generation.shape) {
    case AnswerShape::chat:
      return std::make_unique<StreamAnswer<ChatEvents>>(egress, levels, generation, facts);
    case AnswerShape::completion:
      return std::make_unique<StreamAnswer<TextEvents>>(egress, levels, generation, facts);
    case AnswerShape::messages:
      return std::make_unique<StreamAnswer<AnthropicEvents>>(egress, levels, generation, facts);
    case AnswerShape::oip_generate:
      return std::make_unique<StreamAnswer<OipEvents>>(egress, levels, generation, facts);
    case AnswerShape::llm_generate:
      break;
  }
  return std::make_unique<StreamAnswer<GenerateEvents>>(egress, levels, generation, facts);
}

}  // namespace gatehouse::gateway
