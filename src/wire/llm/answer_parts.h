// wire/llm/answer_parts.h — the beginning and the end that all answers of language models share.
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/wire/json/writer.h"
#include "gatehouse/wire/llm/usage.h"

namespace gatehouse::wire {

// Around the data of a server-sent event.
inline constexpr std::string_view event_start = "data: ", event_end = "\n\n";

// Opens the object: id, object, created, model.
void open_answer(JsonWriter& w, const AnswerHead& head, std::string_view object);

// The three counts alone, or with what is known of each.
enum class UsageForm { counts, detailed };
void write_usage(JsonWriter& w, const TokenUsage& usage, UsageForm form);
// Of what is only read: prompt_tokens, and as many in all.
void write_reading_usage(JsonWriter& w, const TokenUsage& usage);
// As a member of an open object, where there is one.
void write_cost(JsonWriter& w, const TokenUsage& usage);
// Behind a finish_reason; why needs no escapes.
void append_stop_reason(std::string& out, std::string_view why);

}  // namespace gatehouse::wire
