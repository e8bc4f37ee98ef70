#include "answer_parts.h"

namespace gatehouse::wire {

void open_answer(JsonWriter& w, const AnswerHead& head, std::string_view object) {
  w.begin_object().member("id", head.id).member("object", object).member("created", head.created).member("model", head.model);
}

void write_usage(JsonWriter& w, const TokenUsage& usage, UsageForm form) {
  const std::uint64_t total = std::uint64_t{usage.prompt_tokens} + usage.completion_tokens;
  w.key("usage").begin_object();
  w.member("prompt_tokens", usage.prompt_tokens).member("completion_tokens", usage.completion_tokens).member("total_tokens", total);
  if (form == UsageForm::detailed) {
    w.key("prompt_tokens_details").begin_object().member("cached_tokens", usage.cached_tokens).end_object();
    w.key("completion_tokens_details").begin_object().member("reasoning_tokens", 0).end_object();
  }
  w.end_object();
}

}  // namespace gatehouse::wire
