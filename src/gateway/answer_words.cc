#include "answer_words.h"

namespace gatehouse::gateway {

std::string_view name_of(wire::engine::FinishReason reason) {
  return reason == wire::engine::FinishReason::length ? std::string_view("length") : std::string_view("stop");
}

std::string_view name_of(wire::engine::FinishReason reason, bool called) {
  return called && reason != wire::engine::FinishReason::length ? std::string_view("tool_calls") : name_of(reason);
}

std::string_view why_of(wire::engine::FinishReason reason, bool dry) {
  return dry && reason == wire::engine::FinishReason::length ? std::string_view("budget") : std::string_view();
}

wire::AnswerHead head_of(const AnswerFacts& facts) {
  wire::AnswerHead head;
  head.id = facts.id;
  head.created = facts.created;
  head.model = facts.model;
  return head;
}

wire::MessageEnd message_end(const AnswerEnd& end, bool dry) {
  if (end.reason == wire::engine::FinishReason::length) return {"max_tokens", {}, why_of(end.reason, dry)};
  if (!end.stop.empty()) return {"stop_sequence", end.stop};
  return {end.called ? "tool_use" : "end_turn"};
}

CallIds::CallIds(AnswerShape shape, std::string_view answer)
    : prefix_(std::string(shape == AnswerShape::messages ? "toolu_" : "call_") +
              std::string(answer.substr(answer.find_first_of("-_") + 1)) + "_") {}

wire::OipGenerated oip_answer_head(const AnswerFacts& facts, std::string_view asked_id) {
  wire::OipGenerated generated;
  generated.id = asked_id.empty() ? std::string_view(facts.id) : asked_id;
  generated.model = facts.model;
  generated.version = facts.version;
  return generated;
}

void add_details(wire::OipGenerated& generated, std::string_view finish_reason, const Usage& usage) {
  generated.finish_reason = finish_reason;
  generated.prompt_tokens = usage.prompt_tokens;
  generated.completion_tokens = usage.completion_tokens;
}

}  // namespace gatehouse::gateway
