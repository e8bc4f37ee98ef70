// The command line. Every command says with --help what it does, and shows an example.
#include <CLI/CLI.hpp>
#include <csignal>
#include <functional>
#include <string>

#include "commands.h"

namespace {

using namespace gatehouse;  // NOLINT: the one file that is nothing but the outside of the house

struct CommandLine {
  app::ServeOptions serve;
  app::JoseVerifyOptions jose_verify;
  std::string data = "./data";
  std::string url = "http://127.0.0.1:8080/readyz";
  bool json = false;
  std::size_t chunk = 0, links = 0;
  std::function<int()> chosen;
};

void add_serve(CLI::App& root, CommandLine& line) {
  CLI::App* serve = root.add_subcommand("serve", "Serve models over HTTP");
  app::ServeOptions& options = line.serve;
  serve->add_option("--data", options.data, "Folder for keys and state; made on the first start")->capture_default_str();
  serve->add_option("--models", options.models, "Another folder of models, searched behind ./models; may be given again")
      ->allow_extra_args(false);
  serve->add_option("--listen", options.listen, "ADDRESS:PORT to listen on, port 0 takes a free one; may be given again")
      ->allow_extra_args(false)
      ->capture_default_str();
  serve->add_option("--admin-listen", options.admin_listen, "ADDRESS:PORT for metrics and probes of operators")->capture_default_str();
  serve->add_flag("--insecure-http", options.insecure_http, "Allow plain HTTP on addresses that others can reach");
  serve->add_option("--reactors", options.reactors, "Threads for connections; 0 is one a core")->group("");
  serve->add_option("--engine-threads", options.engine_threads, "Compute threads of a language model; 0 is cores - 1")->group("");
  serve->add_option("--sequences", options.sequences, "Seats of a language model")->check(CLI::Range(1, 256))->group("");
  serve->add_option("--context", options.context, "Cells a seat")->check(CLI::Range(64, 1 << 20))->group("");
  serve->footer(
      "Examples:\n"
      "  gatehouse serve\n"
      "  gatehouse serve --data /var/lib/gatehouse --models /srv/models --listen 127.0.0.1:9000\n"
      "SIGTERM and SIGINT drain: running answers finish, a second signal ends at once.");
  serve->callback([&line] { line.chosen = [&line] { return app::serve(line.serve); }; });
}

void add_operation(CLI::App& root, CommandLine& line) {
  CLI::App* init = root.add_subcommand("init", "Prepare a data folder without serving, and print its first API key");
  init->add_option("--data", line.data, "The folder to prepare")->capture_default_str();
  init->add_flag("--json", line.json, "One JSON document");
  init->footer("Example:\n  gatehouse init --data ./data --json");
  init->callback([&line] { line.chosen = [&line] { return app::init(line.data, line.json ? app::Output::json : app::Output::text); }; });

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
  CLI::App* debug = root.add_subcommand("debug", "Show what the parsers make of bytes");
  debug->require_subcommand(1);
  CLI::App* http1 =
      debug->add_subcommand("http1-dump", "HTTP/1.1 requests on standard input, one JSON object each; exit 1 when one is malformed");
  http1->add_option("--chunk", line.chunk, "Feed the parser N bytes at a time; 0 is all at once");
  http1->footer("Example:\n  printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | gatehouse debug http1-dump --chunk 1");
  http1->callback([&line] { line.chosen = [&line] { return app::http1_dump(line.chunk); }; });
  CLI::App* json = debug->add_subcommand("json-check", "One JSON document on standard input; exit 1 when it is none");
  json->footer("Example:\n  echo '{\"a\":1}' | gatehouse debug json-check");
  json->callback([&line] { line.chosen = [] { return app::json_check(); }; });
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
  CLI::App* check = engine->add_subcommand("sandbox-check", "");
  check->callback([&line] { line.chosen = [] { return app::engine_sandbox_check(); }; });
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
  add_operation(root, line);
  add_debug(root, line);
  add_jose(root, line);
  add_engine(root, line);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& stopped) {
    return root.exit(stopped) == 0 ? app::exit_well : app::exit_usage;
  }
  return line.chosen();
}
