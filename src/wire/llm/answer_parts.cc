#include "answer_parts.h"

#include "gatehouse/base/decimal.h"

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
  write_cost(w, usage);
  w.end_object();
}

void write_reading_usage(JsonWriter& w, const TokenUsage& usage) {
  w.key("usage").begin_object().member("prompt_tokens", usage.prompt_tokens).member("total_tokens", usage.prompt_tokens);
  write_cost(w, usage);
  w.end_object();
}

void write_cost(JsonWriter& w, const TokenUsage& usage) {
  if (usage.cost) w.member_raw("cost", decimal_text(static_cast<std::int64_t>(*usage.cost), 9));
}

void append_stop_reason(std::string& out, std::string_view why) {
  if (!why.empty()) out.append(R"(,"stop_reason":")").append(why).append("\"");
}

}  // namespace gatehouse::wire
