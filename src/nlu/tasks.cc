#include "gatehouse/nlu/tasks.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace gatehouse::nlu {
namespace {

constexpr std::array<std::string_view, 9> task_names = {"ner", "re", "event", "absa", "sentiment", "classification", "match", "nli", "qa"};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
bool is_question(std::string_view key) { return key.ends_with("?") || key.ends_with("？"); }

Task task_of_choice(std::string_view key) {
  if (key == sentiment_key) return Task::sentiment;
  if (key == "文本匹配" || contains(key, "意思是否相同")) return Task::match;
  if (contains(key, "段落1") && contains(key, "段落2")) return Task::nli;
  return is_question(key) ? Task::qa : Task::classification;
}

Task task_of_search(std::string_view key) {
  if (is_question(key) || key.ends_with("问题")) return Task::qa;
  return key == sentiment_key ? Task::sentiment : Task::ner;
}

Task task_of_nested(std::string_view key, std::span<const std::string> event_types) {
  if (key == "属性词") return Task::absa;
  const bool marked = contains(key, "(事件触发词)") || contains(key, "（事件触发词）");
  return marked || std::ranges::find(event_types, key) != event_types.end() ? Task::event : Task::re;
}

constexpr std::array nested_tasks{Task::re, Task::event, Task::absa};
constexpr std::array choosing_tasks{Task::sentiment, Task::classification, Task::match, Task::nli, Task::qa};
constexpr std::array searching_tasks{Task::ner, Task::qa};

std::span<const Task> tasks_possible(const wire::NluKey& key, Labelled labelled) {
  if (!key.leaf()) return nested_tasks;
  if (labelled == Labelled::yes || key.name == sentiment_key) return choosing_tasks;
  return searching_tasks;
}

}  // namespace

std::string_view to_string(Task task) { return task_names[static_cast<std::size_t>(task)]; }

std::optional<Task> task_named(std::string_view name) {
  const auto* const at = std::ranges::find(task_names, name);
  if (at == task_names.end()) return std::nullopt;
  return static_cast<Task>(std::distance(task_names.begin(), at));
}

Task task_of(const wire::NluKey& key, Labelled labelled, std::span<const std::string> event_types) {
  if (!key.leaf()) return task_of_nested(key.name, event_types);
  return labelled == Labelled::yes ? task_of_choice(key.name) : task_of_search(key.name);
}

std::vector<Task> tasks_of(const wire::NluSchema& schema, Labelled labelled, std::span<const std::string> event_types) {
  std::array<bool, task_names.size()> asked{};
  for (const wire::NluKey& key : schema.keys) asked[static_cast<std::size_t>(task_of(key, labelled, event_types))] = true;
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (asked[i]) tasks.push_back(static_cast<Task>(i));
  }
  return tasks;
}

Result<Task> task_said(Task said, const wire::NluSchema& schema, Labelled labelled) {
  for (const wire::NluKey& key : schema.keys) {
    const std::span<const Task> possible = tasks_possible(key, labelled);
    if (std::ranges::find(possible, said) != possible.end()) continue;
    std::string expected;
    for (const Task task : possible) expected.append(expected.empty() ? "" : ", ").append(to_string(task));
    const std::string text = "The key '" + key.name + "' cannot be of the task " + std::string(to_string(said));
    return caller_error("invalid_value", text)
        .with_param("task")
        .with_faults({FieldFault("/task", "is not what the key '" + key.name + "' can be", std::move(expected))});
  }
  return said;
}

}  // namespace gatehouse::nlu
