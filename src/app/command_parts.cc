#include "command_parts.h"

#include <iostream>

#include "gatehouse/runtime/run_task.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/wire/form/form.h"
#include "print_json.h"
#include "terminal_text.h"

namespace gatehouse::app {

namespace {

Task<bool> wait_on(Reactor& reactor, nanoseconds time) {
  Signal over(reactor);
  Deadline deadline(reactor, [&over] { over.raise(); });
  deadline.arm_in(time);
  co_await over.wait();
  co_return true;
}

}  // namespace

void let_pass(nanoseconds time) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  run_task(reactor, wait_on(reactor, time));
}

std::string path_of(std::string_view collection, const std::string& id, std::string_view behind) {
  std::string path(collection);
  path.push_back('/');
  wire::append_escaped(path, id);
  return path.append(behind);
}

std::string query_of(std::string_view name, const std::string& value) {
  if (value.empty()) return {};
  std::string query(name);
  query.push_back('=');
  wire::append_escaped(query, value);
  return query;
}

Result<Settings> settings_of(const AdminOptions& options) {
  Configuration configuration = read_configuration(options.configuration);
  if (configuration.ok()) return std::move(configuration.settings);
  return operator_error("configuration_wrong", "the configuration is wrong; `gatehouse config check` says where");
}

Result<AdminClient> open_client(const AdminOptions& options) {
  GH_TRY(const Settings settings, settings_of(options));
  return AdminClient::open(options.data, settings);
}

int print_list(const AdminOptions& options, const std::string& json, std::span<const std::string_view> columns) {
  std::cout << (options.output == Output::json ? json_for_terminal(json) + "\n" : table_as_text(json, columns));
  return exit_well;
}

int print_object(const AdminOptions& options, const std::string& json) {
  if (!json.empty()) std::cout << (options.output == Output::json ? json_for_terminal(json) + "\n" : object_as_text(json));
  return exit_well;
}

int ask(const AdminOptions& options, wire::Method method, const std::string& target, const std::string& body) {
  Result<AdminClient> client = open_client(options);
  if (!client) return report(client.error());
  const Result<std::string> json = client->ask(method, target, body);
  if (!json) return report(json.error());
  return print_object(options, *json);
}

int list(const AdminOptions& options, std::string_view path, const std::string& query, std::string_view id,
         std::span<const std::string_view> columns) {
  Result<AdminClient> client = open_client(options);
  if (!client) return report(client.error());
  const Result<std::string> json = client->ask_for_all(std::string(path), query, id);
  if (!json) return report(json.error());
  return print_list(options, *json, columns);
}

}  // namespace gatehouse::app
