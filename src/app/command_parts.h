// app/command_parts.h — what commands that ask the administration have in common.
// Threads  blocks; commands
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin_client.h"
#include "admin_commands.h"
#include "gatehouse/wire/json/writer.h"

namespace gatehouse::app {

std::string path_of(std::string_view collection, const std::string& id, std::string_view behind = {});
// Empty for an empty value.
std::string query_of(std::string_view name, const std::string& value);

// Collects the members that were said.
class Body {
 public:
  Body() { json_.begin_object(); }
  void text(std::string_view name, const std::string& value) {
    if (!value.empty()) json_.member(name, value);
  }
  void text(std::string_view name, const std::optional<std::string>& value) {
    if (value) json_.member(name, *value);
  }
  template <class T>
  void value(std::string_view name, const std::optional<T>& value) {
    if (value) json_.member(name, *value);
  }
  // None: nothing was said.
  void words(std::string_view name, const std::vector<std::string>& some) {
    if (!some.empty()) list(name, some);
  }
  void words(std::string_view name, const std::optional<std::vector<std::string>>& some) {
    if (some) list(name, *some);
  }
  std::string done() {
    json_.end_object();
    return std::move(text_);
  }

 private:
  void list(std::string_view name, const std::vector<std::string>& words) {
    json_.key(name).begin_list();
    for (const std::string& word : words) json_.value(word);
    json_.end_list();
  }

  std::string text_;
  wire::JsonWriter json_{text_};
};

// Between two looks at something that is on its way.
void let_pass(nanoseconds time);
Result<Settings> settings_of(const AdminOptions& options);
Result<AdminClient> open_client(const AdminOptions& options);
// As one line of JSON or as people read it.
int print_object(const AdminOptions& options, const std::string& json);
int print_list(const AdminOptions& options, const std::string& json, std::span<const std::string_view> columns);
// One question; what comes back is printed.
int ask(const AdminOptions& options, wire::Method method, const std::string& target, const std::string& body = {});
// A list, whole; id: the member that pages go by.
int list(const AdminOptions& options, std::string_view path, const std::string& query, std::string_view id,
         std::span<const std::string_view> columns);

}  // namespace gatehouse::app
