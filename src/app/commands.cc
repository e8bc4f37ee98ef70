#include "commands.h"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "build_info.h"
#include "data_folder.h"
#include "gatehouse/adapters/engine_child/sandbox.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/gateway.h"
#include "gatehouse/limits/replay.h"
#include "gatehouse/wire/grammar/schema_grammar.h"
#include "gatehouse/wire/http1/dump.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "terminal_text.h"

namespace gatehouse::app {

const char* const version_text = GATEHOUSE_VERSION;
const char* const build_text = GATEHOUSE_BUILD;

namespace {

Error already_initialised(const std::string& data) {
  return Error(Code::conflict, Origin::operator_, "already_initialised", "'" + data + "' is initialised already; nothing was changed");
}

}  // namespace

int report(const Error& error) {
  std::cerr << "gatehouse: " << for_terminal(error.public_text()) << '\n';
  if (!error.detail().empty()) std::cerr << "  " << for_terminal(error.detail()) << '\n';
  return exit_failed;
}

int version(Output output) {
  if (output == Output::json) {
    std::string out;
    wire::JsonWriter(out).begin_object().member("version", version_text).member("build", build_text).end_object();
    std::cout << out << '\n';
  } else {
    std::cout << "gatehouse " << version_text << " (" << build_text << ")\n";
  }
  return exit_well;
}

int init(const ConfigurationOptions& options, const std::string& data, Output output) {
  const Configuration configuration = read_configuration(options);
  if (!configuration.ok()) return report(configuration.reading.faults);
  std::optional<identity::FirstStart> made;
  const Result<std::unique_ptr<DataFolder>> folder =
      DataFolder::open(data, configuration.settings, [&made](const identity::FirstStart& first) { made = first; });
  if (!folder) return report(folder.error());
  if (!made) return report(already_initialised(data));
  if (output == Output::json) {
    std::string out;
    wire::JsonWriter json(out);
    json.begin_object().key("admin").begin_object().member("username", made->admin);
    json.member("password", made->admin_password.expose()).end_object();
    json.member("tenant_id", made->tenant.value()).member("api_key", made->api_key.expose()).end_object();
    std::cout << out << '\n';
  } else {
    std::cout << "administrator  " << made->admin << "\n"
              << "password       " << made->admin_password.expose() << "\n"
              << "tenant         " << made->tenant.value() << "\n"
              << "API key        " << made->api_key.expose() << "\n\nPassword and key are shown this once.\n";
  }
  return exit_well;
}

int openapi() {
  std::cout << gateway::openapi_document(ServerSettings().title, version_text) << '\n';
  return exit_well;
}

int http1_dump(std::size_t chunk) {
  const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
  const wire::Http1Dump dump = wire::dump_http1(bytes, chunk);
  std::cout << dump.lines;
  return dump.well_formed ? exit_well : exit_failed;
}

int json_check() {
  const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
  const wire::JsonCheck check = wire::json_check(bytes);
  std::cout << check.line << '\n';
  return check.ok ? exit_well : exit_failed;
}

int schema_grammar() {
  const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
  const Result<std::string> grammar = wire::schema_grammar(bytes);
  if (!grammar) return report(grammar.error());
  std::cout << *grammar;
  return exit_well;
}

int limiter_replay() {
  limits::Replay replay;
  std::string line;
  for (std::uint64_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    const Result<std::string> answer = replay.answer(line);
    if (!answer) {
      std::cerr << "gatehouse: line " << number << ": " << answer.error().public_text() << '\n';
      return exit_usage;
    }
    std::cout << *answer << '\n';
  }
  return exit_well;
}

int engine_sandbox_check() {
  adapters::SandboxOptions options;
  options.seccomp = options.address_limit = !adapters::sanitizer_build();
  const Status entered = adapters::enter_sandbox(options);
  if (!entered) return report(entered.error());
  std::cout << adapters::probe_sandbox() << '\n';
  return exit_well;
}

}  // namespace gatehouse::app
