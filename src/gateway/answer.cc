#include "answer.h"

#include <type_traits>
#include <utility>
#include <vector>

#include "errors.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/openai/logprobs.h"
#include "gatehouse/wire/openai/replies.h"

namespace gatehouse::gateway {
namespace {

using Score = wire::engine::TokenScore;

std::string_view name_of(wire::engine::FinishReason reason) {
  return reason == wire::engine::FinishReason::length ? std::string_view("length") : std::string_view("stop");
}

wire::AnswerHead head_of(const AnswerFacts& facts) {
  wire::AnswerHead head;
  head.id = facts.id;
  head.created = facts.created;
  head.model = facts.model;
  return head;
}

// Collects the text and answers once.
class WholeAnswer final : public Answer {
 public:
  WholeAnswer(Egress& egress, const Generation& generation, AnswerFacts facts)
      : egress_(egress), shape_(generation.shape), scored_(generation.prompt.sampling.logprobs), facts_(std::move(facts)) {}

  void begin() override {}
  // Nothing has left before the end, so that every error may still have a status of its own.
  bool begun() const override { return false; }
  void text(std::string_view piece, std::span<const Score> scores) override {
    text_.append(piece);
    scores_.insert(scores_.end(), scores.begin(), scores.end());
  }
  void finish(wire::engine::FinishReason reason, const Usage& usage) override {
    wire::WholeAnswer answer;
    answer.head = head_of(facts_);
    answer.text = text_;
    answer.finish_reason = name_of(reason);
    answer.usage = usage;
    std::string body, logprobs;
    switch (shape_) {
      case AnswerShape::chat:
        if (scored_) wire::ChatLogprobs().write(logprobs, scores_), answer.logprobs = logprobs;
        wire::write_chat_completion(body, answer);
        break;
      case AnswerShape::completion:
        if (scored_) wire::TextLogprobs().write(logprobs, scores_), answer.logprobs = logprobs;
        wire::write_text_completion(body, answer);
        break;
      case AnswerShape::llm_generate:
        wire::write_generate_reply(body, answer);
        break;
    }
    net::Response response(200);
    response.body("application/json", std::move(body));
    egress_.respond(std::move(response));
  }
  void fail(const Error&) override {}
  void ping() override {}

 private:
  Egress& egress_;
  const AnswerShape shape_;
  const bool scored_;
  const AnswerFacts facts_;
  std::string text_;
  std::vector<Score> scores_;
};

// How the events of each dialect differ. Those of /v1: chats begin with a chunk that holds the role alone.
template <class Chunks, class Logprobs>
class OpenAiEvents {
 public:
  OpenAiEvents(const AnswerFacts& facts, const Generation& generation)
      : chunks_(head_of(facts), wire::stream_usage(generation.include_usage)),
        usage_(generation.include_usage),
        scored_(generation.prompt.sampling.logprobs) {}
  void first(std::string& out) const {
    if constexpr (std::is_same_v<Chunks, wire::ChatChunks>) chunks_.role(out);
  }
  void text(std::string& out, std::string_view piece, std::span<const Score> scores) {
    if (!scored_) return chunks_.text(out, piece);
    rendered_.clear();
    logprobs_.write(rendered_, scores);
    chunks_.scored_text(out, piece, rendered_);
  }
  void last(std::string& out, std::string_view reason, const Usage& usage) const {
    chunks_.finish(out, reason);
    if (usage_) chunks_.usage(out, usage);
  }

 private:
  const Chunks chunks_;
  const bool usage_, scored_;
  Logprobs logprobs_;
  std::string rendered_;  // reused
};
using ChatEvents = OpenAiEvents<wire::ChatChunks, wire::ChatLogprobs>;
using TextEvents = OpenAiEvents<wire::TextChunks, wire::TextLogprobs>;

class GenerateEvents {
 public:
  GenerateEvents(const AnswerFacts& facts, const Generation&) : chunks_(head_of(facts)) {}
  void first(std::string&) const {}
  void text(std::string& out, std::string_view piece, std::span<const Score>) const { chunks_.text(out, piece); }
  void last(std::string& out, std::string_view reason, const Usage& usage) const { chunks_.finish(out, reason, usage); }

 private:
  const wire::GenerateChunks chunks_;
};

template <class Events>
class StreamAnswer final : public Answer {
 public:
  StreamAnswer(Egress& egress, Levels& levels, const Generation& generation, const AnswerFacts& facts)
      : egress_(egress), exchange_(egress.exchange()), streaming_(levels.streams), events_(facts, generation) {}

  void begin() override {
    begun_ = true;
    std::string first;
    events_.first(first);
    net::Response response(200);
    response.body("text/event-stream; charset=utf-8", std::move(first));
    egress_.begin_stream(std::move(response));
  }
  bool begun() const override { return begun_; }
  void text(std::string_view piece, std::span<const Score> scores) override {
    event_.clear();
    events_.text(event_, piece, scores);
    exchange_.send(event_);
  }
  void finish(wire::engine::FinishReason reason, const Usage& usage) override {
    event_.clear();
    events_.last(event_, name_of(reason), usage);
    wire::append_done_event(event_);
    exchange_.send(event_);
    exchange_.end_stream();
  }
  // The client reads the error in its own dialect; no [DONE] follows, because it is not done.
  void fail(const Error& error) override {
    event_.clear();
    wire::append_event(event_, error_body(error, egress_.dialect(), egress_.request_id(), egress_.language()));
    exchange_.send(event_);
    exchange_.end_stream();
  }
  void ping() override { exchange_.send(": ping\n\n"); }

 private:
  Egress& egress_;
  net::Exchange& exchange_;
  const Raised streaming_;
  Events events_;
  std::string event_;  // reused
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<Answer> make_answer(Egress& egress, Levels& levels, const Generation& generation, AnswerFacts facts) {
  if (!generation.stream) return std::make_unique<WholeAnswer>(egress, generation, std::move(facts));
  switch (generation.shape) {
    case AnswerShape::chat:
      return std::make_unique<StreamAnswer<ChatEvents>>(egress, levels, generation, facts);
    case AnswerShape::completion:
      return std::make_unique<StreamAnswer<TextEvents>>(egress, levels, generation, facts);
    case AnswerShape::llm_generate:
      break;
  }
  return std::make_unique<StreamAnswer<GenerateEvents>>(egress, levels, generation, facts);
}

}  // namespace gatehouse::gateway
