#include <utility>
#include <vector>

#include "answer_words.h"
#include "gatehouse/wire/openai/logprobs.h"
#include "gatehouse/wire/openai/replies.h"

namespace gatehouse::gateway {
namespace {

using Score = wire::engine::TokenScore;

class WholeAnswer final : public Answer {
 public:
  WholeAnswer(Egress& egress, const Generation& generation, AnswerFacts facts)
      : egress_(egress),
        shape_(generation.shape),
        scored_(generation.prompt.sampling.logprobs),
        details_(generation.include_usage),
        asked_id_(generation.asked_id),
        facts_(std::move(facts)),
        ids_(shape_, facts_.id),
        said_(generation.prompt.choices) {
    if (!generation.echo) return;
    for (Said& said : said_) said.text = generation.prompt.prompt;
  }

  void begin(const Usage&) override {}
  // Nothing has left before the end, so that every error may still have a status of its own.
  bool begun() const override { return false; }
  void text(std::uint32_t choice, std::string_view piece, std::span<const Score> scores) override {
    Said& said = said_.at(choice);
    said.text.append(piece);
    said.scores.insert(said.scores.end(), scores.begin(), scores.end());
  }
  void call(std::uint32_t choice, std::string_view name) override {
    Said& said = said_.at(choice);
    said.calls.push_back({ids_.next(), std::string(name), {}, said.text.size()});
    said.end.called = true;
  }
  void arguments(std::uint32_t choice, std::string_view piece) override { said_.at(choice).calls.back().arguments += piece; }
  void call_end(std::uint32_t) override {}
  void end(std::uint32_t choice, wire::engine::FinishReason reason, std::string_view stop) override {
    said_.at(choice).end.reason = reason;
    said_.at(choice).end.stop = stop;
  }
  void finish(const Usage& usage) override {
    std::vector<wire::WholeChoice> choices;
    for (Said& said : said_) choices.push_back(whole(said));
    wire::WholeAnswer answer;
    answer.head = head_of(facts_);
    answer.choices = choices;
    answer.usage = usage;
    std::string body;
    switch (shape_) {
      case AnswerShape::chat:
        wire::write_chat_completion(body, answer);
        break;
      case AnswerShape::completion:
        wire::write_text_completion(body, answer);
        break;
      case AnswerShape::llm_generate:
        wire::write_generate_reply(body, answer);
        break;
      case AnswerShape::messages:
        wire::write_message(body, answer.head, blocks(said_.front()), message_end(said_.front().end, dry_), usage);
        break;
      case AnswerShape::oip_generate: {
        wire::OipGenerated generated = oip_answer_head(facts_, asked_id_);
        generated.text = said_.front().text;
        if (details_) add_details(generated, name_of(said_.front().end.reason), usage);
        wire::write_oip_generated(body, generated);
        break;
      }
    }
    net::Response response(200);
    response.body("application/json", std::move(body));
    egress_.respond(std::move(response));
  }
  void ran_dry() override { dry_ = true; }
  void fail(const Error&) override {}
  void ping() override {}

 private:
  struct Called {
    std::string id, name, arguments;
    std::size_t at;  // bytes of text before it
    wire::CalledTool view() const { return {id, name, arguments}; }
  };
  struct Said {
    std::string text;
    std::vector<Score> scores;
    std::vector<Called> calls;
    std::vector<wire::CalledTool> called;
    AnswerEnd end;
    std::string logprobs;
  };
  // Texts and calls in the order in which they were said.
  static std::vector<wire::MessageBlock> blocks(const Said& said) {
    std::vector<wire::MessageBlock> made;
    std::string_view text = said.text;
    for (const Called& call : said.calls) {
      const std::size_t before = call.at - (said.text.size() - text.size());
      if (before > 0) made.push_back({text.substr(0, before)});
      made.push_back({{}, call.view()});
      text.remove_prefix(before);
    }
    if (!text.empty() || made.empty()) made.push_back({text});
    return made;
  }
  wire::WholeChoice whole(Said& said) const {
    wire::WholeChoice choice;
    choice.text = said.text;
    for (const Called& call : said.calls) said.called.push_back(call.view());
    choice.calls = said.called;
    choice.finish_reason = name_of(said.end.reason, said.end.called);
    choice.stop_reason = why_of(said.end.reason, dry_);
    if (!scored_) return choice;
    if (shape_ == AnswerShape::chat)
      wire::ChatLogprobs().write(said.logprobs, said.scores);
    else
      wire::TextLogprobs().write(said.logprobs, said.scores);
    choice.logprobs = said.logprobs;
    return choice;
  }

  Egress& egress_;
  const AnswerShape shape_;
  const bool scored_, details_;
  const std::string asked_id_;
  const AnswerFacts facts_;
  CallIds ids_;
  std::vector<Said> said_;  // by choice
  bool dry_ = false;
};

}  // namespace

std::unique_ptr<Answer> make_whole_answer(Egress& egress, const Generation& generation, AnswerFacts facts) {
  return std::make_unique<WholeAnswer>(egress, generation, std::move(facts));
}

}  // namespace gatehouse::gateway
