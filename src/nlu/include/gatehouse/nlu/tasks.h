// nlu/tasks.h — which tasks a schema asks for: what a tenant is granted, and what is counted and audited.
// Threads  pure functions
// Errors   invalid_value with a fault at /task: no key of the schema could be that
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/nlu/schema.h"

namespace gatehouse::nlu {

enum class Task : std::uint8_t { ner, re, event, absa, sentiment, classification, match, nli, qa };
std::string_view to_string(Task task);
std::optional<Task> task_named(std::string_view name);

// Whether there is something to choose from: labels in front of the text, or in the request.
enum class Labelled : std::uint8_t { no, yes };

// The key of a text whose labels are known without being named.
inline constexpr std::string_view sentiment_key = "情感分类";

Task task_of(const wire::NluKey& key, Labelled labelled, std::span<const std::string> event_types);
// Of all its keys, each once, in the order of Task.
std::vector<Task> tasks_of(const wire::NluSchema& schema, Labelled labelled, std::span<const std::string> event_types);
// The one that the request says, where each key may be that: of what is nested re, event or absa; of what chooses between labels
// sentiment, classification, match, nli or qa; of other leaves ner or qa. So nobody gets by another name what they may not do.
Result<Task> task_said(Task said, const wire::NluSchema& schema, Labelled labelled);

}  // namespace gatehouse::nlu
