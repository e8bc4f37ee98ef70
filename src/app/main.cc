// The command line. Every command says with --help what it does, and shows an example.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <deque>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "admin_cli.h"
#include "admin_commands.h"
#include "commands.h"
#include "gatehouse/config/nearest.h"
#include "model_tools.h"

namespace {

using namespace gatehouse;  // NOLINT: the one file that is nothing but the outside of the house

struct CommandLine {
  app::ServeOptions serve;
  app::JoseVerifyOptions jose_verify;
  std::deque<config::Assignment> settings;  // one an option, empty where it was not given
  app::ConfigurationOptions config;
  std::string key;
  bool dotenv = false;
  std::string data = "./data", checked_data;
  std::string url = "http://127.0.0.1:8080/readyz";
  bool json = false;
  std::size_t chunk = 0, links = 0;
  std::uint32_t threads = 1, cells = 512;
  std::string layout;
  std::string library;
  std::function<int()> chosen;
};

// The environment is read here and nowhere else, and handed on.
config::Variables environment_variables() {
  config::Variables found;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

// An option that is another way to set a key; the key's type says what may stand behind it.
CLI::Option* add_setting(CLI::App& command, CommandLine& line, const std::string& option, const std::string& key, const std::string& help) {
  config::Assignment& said = line.settings.emplace_back(config::Assignment{key, option, {}});
  return command.add_option(option, said.words, help)->expected(1);
}

void add_settings(CLI::App& serve, CommandLine& line) {
  const auto list = [](CLI::Option* option) { return option->expected(1, -1)->allow_extra_args(false); };
  list(add_setting(serve, line, "--models", "models.dirs", "Another folder of models, searched behind ./models; may be given again"));
  list(add_setting(serve, line, "--listen", "server.listen", "ADDRESS:PORT to listen on, port 0 takes a free one; may be given again"))
      ->default_str("127.0.0.1:8080");
  add_setting(serve, line, "--admin-listen", "server.admin_listen", "ADDRESS:PORT for metrics and probes of operators")
      ->default_str("127.0.0.1:8081");
  config::Assignment& insecure = line.settings.emplace_back(config::Assignment{"server.insecure_http", "--insecure-http", {}});
  serve.add_flag_callback(
      "--insecure-http", [&insecure] { insecure.words = {"true"}; }, "Allow plain HTTP on addresses that others can reach");
  add_setting(serve, line, "--engine-threads", "engine.llama.threads", "Compute threads of a language model")->group("");
  add_setting(serve, line, "--sequences", "engine.llama.sequences", "Seats of a language model")->group("");
  add_setting(serve, line, "--context", "engine.llama.context", "Cells a seat")->group("");
}

int serve(CommandLine& line) {
  line.serve.configuration.environment = environment_variables();
  for (const config::Assignment& said : line.settings) {
    if (!said.words.empty()) line.serve.configuration.said.push_back(said);
  }
  return app::serve(line.serve);
}

void add_serve(CLI::App& root, CommandLine& line) {
  CLI::App* command = root.add_subcommand("serve", "Serve models over HTTP");
  app::ServeOptions& options = line.serve;
  command->add_option("--config", options.configuration.file,
                      "Configuration file; without it GATEHOUSE_CONFIG names one, or there is none");
  command->add_option("--data", options.data, "Folder for keys and state; made on the first start")->capture_default_str();
  add_settings(*command, line);
  command->add_option("--reactors", options.reactors, "Threads for connections; 0 is one a core")->group("");
  command->add_flag("--test-hooks", options.test_hooks, "Routes for measurements, on loopback alone")->group("");
  command->footer(
      "Examples:\n"
      "  gatehouse serve\n"
      "  gatehouse serve --config /etc/gatehouse.toml --data /var/lib/gatehouse\n"
      "  gatehouse serve --models /srv/models --listen 127.0.0.1:9000\n"
      "SIGTERM and SIGINT drain: running answers finish, a second signal ends at once. SIGHUP reloads the configuration, looks for "
      "new versions of models and opens log files anew.\n"
      "`gatehouse config explain` lists every setting; options win over all other sources.");
  command->callback([&line] { line.chosen = [&line] { return serve(line); }; });
}

// A command that reads the configuration as `serve` would.
CLI::App* add_config_command(CLI::App& config, CommandLine& line, const std::string& name, const std::string& help,
                             std::function<int(const app::ConfigurationOptions&)> run) {
  CLI::App* command = config.add_subcommand(name, help);
  command->add_option("--config", line.config.file, "Configuration file; without it GATEHOUSE_CONFIG names one, or there is none");
  command->footer("Example:\n  gatehouse config " + name + " --config gatehouse.toml");
  command->callback([&line, run = std::move(run)] {
    line.config.environment = environment_variables();
    line.chosen = [&line, run] { return run(line.config); };
  });
  return command;
}

void add_config(CLI::App& root, CommandLine& line) {
  CLI::App* config = root.add_subcommand("config", "Look at the configuration: file, .env, environment");
  config->require_subcommand(1);
  const auto output = [&line] { return line.json ? app::Output::json : app::Output::text; };
  CLI::App* check =
      add_config_command(*config, line, "check", "Say everything that is wrong with it; exit 2 when something is",
                         [&line, output](const auto& options) { return app::config_check(options, line.checked_data, output()); });
  check->add_flag("--json", line.json, "One JSON document");
  check->add_option("--data", line.checked_data, "Say, too, what a start on this data folder would change there");
  CLI::App* explain =
      add_config_command(*config, line, "explain", "Say of each key, or one, its value, where that comes from, and what it is for",
                         [&line, output](const auto& options) { return app::config_explain(options, line.key, output()); });
  explain->add_option("key", line.key, "Such as server.listen");
  explain->add_flag("--json", line.json, "One JSON document");
  add_config_command(*config, line, "print", "Print what is in force as TOML, secrets masked",
                     [](const auto& options) { return app::config_print(options); });
  CLI::App* example = config->add_subcommand("example", "Print a file to begin with: every key with its default, commented out");
  example->add_flag("--env", line.dotenv, "As variables, for a .env file");
  example->footer("Example:\n  gatehouse config example > gatehouse.toml");
  example->callback(
      [&line] { line.chosen = [&line] { return app::config_example(line.dotenv ? app::Example::dotenv : app::Example::toml); }; });
}

void add_operation(CLI::App& root, CommandLine& line) {
  CLI::App* init = root.add_subcommand("init", "Prepare a data folder without serving, and print its first API key");
  init->add_option("--data", line.data, "The folder to prepare")->capture_default_str();
  init->add_option("--config", line.config.file, "Configuration file, for auth.algorithm and auth.password; as for serve");
  init->add_flag("--json", line.json, "One JSON document");
  init->footer("Examples:\n  gatehouse init --data ./data --json\n  gatehouse init --data /var/lib/gatehouse --config /etc/gatehouse.toml");
  init->callback([&line] {
    line.config.environment = environment_variables();
    line.chosen = [&line] { return app::init(line.config, line.data, line.json ? app::Output::json : app::Output::text); };
  });

  CLI::App* health = root.add_subcommand("health", "Ask a server whether it is well: exit 0 or 1");
  health->add_option("url", line.url, "What to ask")->capture_default_str();
  health->footer("Examples:\n  gatehouse health\n  gatehouse health http://127.0.0.1:9000/healthz");
  health->callback([&line] { line.chosen = [&line] { return app::health(line.url); }; });

  CLI::App* version = root.add_subcommand("version", "Print version and build");
  version->add_flag("--json", line.json, "One JSON document");
  version->footer("Example:\n  gatehouse version --json");
  version->callback([&line] { line.chosen = [&line] { return app::version(line.json ? app::Output::json : app::Output::text); }; });

  CLI::App* openapi = root.add_subcommand("openapi", "Print the interface as an OpenAPI 3.1 document");
  openapi->footer("Example:\n  gatehouse openapi > openapi.json");
  openapi->callback([&line] { line.chosen = [] { return app::openapi(); }; });
}

void add_debug(CLI::App& root, CommandLine& line) {
  CLI::App* debug = root.add_subcommand("debug", "Show what parsers and limits make of standard input");
  debug->require_subcommand(1);
  CLI::App* http1 =
      debug->add_subcommand("http1-dump", "HTTP/1.1 requests on standard input, one JSON object each; exit 1 when one is malformed");
  http1->add_option("--chunk", line.chunk, "Feed the parser N bytes at a time; 0 is all at once");
  http1->footer("Example:\n  printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | gatehouse debug http1-dump --chunk 1");
  http1->callback([&line] { line.chosen = [&line] { return app::http1_dump(line.chunk); }; });
  CLI::App* json = debug->add_subcommand("json-check", "One JSON document on standard input; exit 1 when it is none");
  json->footer("Example:\n  echo '{\"a\":1}' | gatehouse debug json-check");
  json->callback([&line] { line.chosen = [] { return app::json_check(); }; });
  CLI::App* grammar =
      debug->add_subcommand("schema-grammar", "The grammar of a JSON Schema on standard input; exit 1 when it cannot be kept to");
  grammar->footer("Example:\n  echo '{\"type\":\"integer\",\"minimum\":1,\"maximum\":6}' | gatehouse debug schema-grammar");
  grammar->callback([&line] { line.chosen = [] { return app::schema_grammar(); }; });
  CLI::App* replay = debug->add_subcommand("limiter-replay", "What limits say to calls on standard input, each with its own time");
  replay->footer(
      "A line a call: t key volume limit burst. t is in seconds; limit is a rate; burst 0 is a sliding window, else a rate with that "
      "burst;\n"
      "volume 0 only looks. Answers, a line each: admit|refuse remaining reset_s retry_s, where - is never. Exit 2 at a line that is no "
      "call.\n"
      "Example:\n"
      "  printf '0 alice 1 1/60s 0\\n15 alice 1 1/60s 0\\n' | gatehouse debug limiter-replay");
  replay->callback([&line] { line.chosen = [] { return app::limiter_replay(); }; });
}

void add_jose(CLI::App& root, CommandLine& line) {
  CLI::App* jose = root.add_subcommand("jose", "Look at tokens");
  jose->require_subcommand(1);
  app::JoseVerifyOptions& options = line.jose_verify;
  CLI::App* verify = jose->add_subcommand("verify", "Check one signed token (JWS) on standard input: exit 0 or 1");
  verify->add_option("--jwks", options.jwks, "File with the keys: a JWK set, or one JWK")->required();
  verify->add_flag("--claims", options.claims, "Check its dates too, and print what it says");
  verify->add_option("--issuer", options.issuers, "Who must have issued it; may be given again")->allow_extra_args(false);
  verify->add_option("--audience", options.audiences, "Whom it must be meant for; may be given again")->allow_extra_args(false);
  verify->footer(
      "Without --claims, --issuer and --audience only signature and header are checked.\n"
      "Example:\n"
      "  echo \"$TOKEN\" | gatehouse jose verify --jwks jwks.json --claims --issuer https://id.example.org");
  verify->callback([&line] { line.chosen = [&line] { return app::jose_verify(line.jose_verify); }; });
}

// Not for people: what `serve` starts, and what the tests look at.
void add_engine(CLI::App& root, CommandLine& line) {
  CLI::App* engine = root.add_subcommand("engine", "")->group("");
  engine->require_subcommand(1);
  CLI::App* llama = engine->add_subcommand("llama", "");
  llama->add_option("--links", line.links)->required();
  llama->callback([&line] { line.chosen = [&line] { return app::engine_llama(line.links); }; });
  CLI::App* measure = engine->add_subcommand("measure", "");
  measure->add_option("--threads", line.threads)->required();
  measure->add_option("--cells", line.cells)->required();
  measure->add_option("--links", line.links);
  measure->callback([&line] { line.chosen = [&line] { return app::engine_measure(line.threads, line.cells); }; });
  CLI::App* rewrite = engine->add_subcommand("rewrite", "");
  rewrite->add_option("--layout", line.layout)->required();
  rewrite->add_option("--links", line.links);
  rewrite->callback([&line] { line.chosen = [&line] { return app::engine_rewrite(line.layout); }; });
  CLI::App* onnx = engine->add_subcommand("onnx", "");
  onnx->add_option("--links", line.links)->required();
  onnx->add_option("--library", line.library);
  onnx->callback([&line] { line.chosen = [&line] { return app::engine_onnx(line.links, line.library); }; });
  CLI::App* check = engine->add_subcommand("sandbox-check", "");
  check->callback([&line] { line.chosen = [] { return app::engine_sandbox_check(); }; });
}

// CLI11 itself would only say that a command is required, not that this one is none.
int unknown_command(const CLI::App& root, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return app::exit_well;
  const std::string_view given = argv[1];
  std::vector<std::string> names;
  for (const CLI::App* one : root.get_subcommands(nullptr)) names.push_back(one->get_name());
  if (std::ranges::find(names, given) != names.end()) return app::exit_well;
  const std::vector<std::string_view> words(names.begin(), names.end());
  std::cerr << "gatehouse: there is no command '" << given << "'; did you mean '" << config::nearest(given, words)
            << "'? `gatehouse --help` lists them all.\n";
  return app::exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CommandLine line;
  CLI::App root("Gatehouse: a secure, multi-tenant model server and AI gateway", "gatehouse");
  root.require_subcommand(1);
  root.set_version_flag("--version", [] { return std::string("gatehouse ") + app::version_text; });
  root.footer("`gatehouse COMMAND --help` says more and shows examples. Start here: gatehouse serve");
  add_serve(root, line);
  add_config(root, line);
  add_operation(root, line);
  app::add_admin_commands(root, line.chosen,
                          [](app::AdminOptions& options) { options.configuration.environment = environment_variables(); });
  add_debug(root, line);
  add_jose(root, line);
  add_engine(root, line);
  if (const int wrong = unknown_command(root, argc, argv); wrong != app::exit_well) return wrong;
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& stopped) {
    return root.exit(stopped) == 0 ? app::exit_well : app::exit_usage;
  }
  return line.chosen();
}
