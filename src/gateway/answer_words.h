// gateway/answer_words.h — what the dialects call the parts of an answer.
// Threads  pure functions, value types
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "answer.h"
#include "gatehouse/wire/anthropic/replies.h"
#include "gatehouse/wire/llm/replies.h"
#include "gatehouse/wire/oip/generate.h"

namespace gatehouse::gateway {

struct AnswerEnd {
  wire::engine::FinishReason reason = wire::engine::FinishReason::stop;
  std::string stop;
  bool called = false;  // tools
};

std::string_view name_of(wire::engine::FinishReason reason);
std::string_view name_of(wire::engine::FinishReason reason, bool called);
// What is said to be the reason where money was; empty where it was none. dry: a budget was used up
std::string_view why_of(wire::engine::FinishReason reason, bool dry);
wire::AnswerHead head_of(const AnswerFacts& facts);
wire::MessageEnd message_end(const AnswerEnd& end, bool dry);

// What the calls of an answer are named by: the answer's own name, and how many there were before.
class CallIds {
 public:
  CallIds(AnswerShape shape, std::string_view answer);
  std::string next() { return prefix_ + std::to_string(made_++); }

 private:
  std::string prefix_;
  std::uint32_t made_ = 0;
};

// The id is the request's own where it has one. What it views must live as long.
wire::OipGenerated oip_answer_head(const AnswerFacts& facts, std::string_view asked_id);
void add_details(wire::OipGenerated& generated, std::string_view finish_reason, const Usage& usage);

// Collects the texts and answers once.
std::unique_ptr<Answer> make_whole_answer(Egress& egress, const Generation& generation, AnswerFacts facts);

}  // namespace gatehouse::gateway
