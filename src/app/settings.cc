#include "settings.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <utility>

#include "auth_settings.h"
#include "gatehouse/identity/own_names.h"
#include "options.h"
#include "price_settings.h"
#include "setting_checks.h"

namespace gatehouse::app {
namespace {

using config::Range;
using config::Schema;
constexpr std::int64_t kibibyte = 1024, mebibyte = 1024 * kibibyte, day = 24 * 60 * 60;
// The weakest of the pairs that OWASP recommends for Argon2id.
constexpr std::uint64_t least_password_work = 35 * mebibyte;

Schema<LimitSettings> limit_keys() {
  using S = LimitSettings;
  Schema<S> keys;
  keys.size("head", &S::head, {kibibyte, mebibyte},
            "The largest request head, request line and fields. Like all of these limits it is for the public listeners alone.")
      .reloads();
  keys.size("request_line", &S::request_line, {256, mebibyte}, "The longest request line; above it 414.").reloads();
  keys.integer("fields", &S::fields, {8, 10'000}, "The most fields of a head; above it 431.").reloads();
  keys.size("body_api", &S::body_api, {kibibyte, 64 * mebibyte}, "The largest body on /api; above it 413.").reloads();
  keys.size("body_v1", &S::body_v1, {kibibyte, 64 * mebibyte}, "The largest body on /v1; above it 413.").reloads();
  keys.integer(
          "connections", &S::connections, {1, 1'000'000},
          "The most connections at once, and never more than three quarters of the descriptors that the process may open; above it 503.")
      .reloads();
  keys.integer("connections_per_address", &S::connections_per_address, {1, 1'000'000},
               "The most connections at once from one address (of IPv6: one network of 64 bits).")
      .reloads();
  keys.duration("head_deadline", &S::head_deadline, {1, 600}, "How long a request head may take to come.").reloads();
  keys.duration("idle", &S::idle, {1, day}, "How long a connection is kept between two requests.").reloads();
  return keys;
}

Schema<CorsSettings> cors_keys() {
  using S = CorsSettings;
  Schema<S> keys;
  keys.texts("origins", &S::origins,
             "Origins whose pages may call this server with credentials, such as \"https://app.example.com\"; \"*\" is any, without "
             "credentials.")
      .checked(origin_fault)
      .alias("BACKEND_CORS_ORIGINS");
  return keys;
}

Schema<ServerSettings> server_keys() {
  using S = ServerSettings;
  Schema<S> keys;
  keys.texts("listen", &S::listen, "ADDRESS:PORT to listen on, one or more; port 0 takes a free one.").checked(endpoint_fault);
  keys.text("admin_listen", &S::admin_listen, "ADDRESS:PORT for metrics and probes of operators, on loopback.").checked(admin_fault);
  keys.text("public_url", &S::public_url,
            "The URL that clients know this server by, such as \"https://api.example.com\"; its host is a trusted one.")
      .checked(url_fault)
      .alias("BASE_URL");
  keys.texts("trusted_hosts", &S::trusted_hosts,
             "Hosts that requests may be for, \"*.example.com\" for all below one; else 400. With neither these nor public_url any host "
             "will do.")
      .checked(host_fault)
      .alias("ALLOWED_HOSTS");
  keys.texts("trusted_proxies", &S::trusted_proxies,
             "Networks of proxies whose word counts about the client's address and HTTPS, such as \"10.0.0.0/8\".")
      .checked(network_fault);
  keys.flag("docs", &S::docs, "Whether /docs, /redoc and /openapi.json are there.");
  keys.texts("docs_models", &S::docs_models,
             "Models of tables and tensors whose columns and ranges those tell everybody, without a credential; \"*\" is all.");
  keys.text("home", &S::home, "Where GET / sends a browser; empty, /nlu where a model of Chinese by schema is served, else /docs.")
      .checked(home_fault);
  keys.flag("insecure_http", &S::insecure_http, "Whether plain HTTP may listen on addresses that others can reach.");
  keys.duration("drain_deadline", &S::drain_deadline, {1, day}, "How long running answers may take to finish after SIGTERM.").reloads();
  keys.integer("backlog", &S::backlog, {1, 65'535},
               "How many connections the kernel keeps waiting to be accepted; it has a limit of its own.");
  keys.text("title", &S::title, "What the API is called in /openapi.json and on its pages.")
      .checked(must_not_be_empty)
      .alias("PROJECT_NAME");
  keys.size("memory_mark", &S::memory_mark, {0, 1024 * 1024 * mebibyte},
            "Memory of server and engines above which the log warns and gatehouse_memory_mark_crossings_total counts; 0B is none.")
      .alias("MEMORY_LIMIT_WARNING", mebibytes);
  keys.part("limits", &S::limits, limit_keys());
  keys.part("cors", &S::cors, cors_keys());
  return keys;
}

Schema<LogSettings> log_keys() {
  using S = LogSettings;
  using telemetry::LogFormat;
  using telemetry::LogLevel;
  Schema<S> keys;
  keys.choice<LogLevel>("level", &S::level,
                        {{"debug", LogLevel::debug},
                         {"info", LogLevel::info},
                         {"warn", LogLevel::warn},
                         {"error", LogLevel::error},
                         {"off", LogLevel::off}},
                        "The least that is written, to standard error and to files.")
      .alias("LOG_LEVEL", level_word)
      .reloads();
  keys.choice<LogFormat>("format", &S::format, {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}},
                         "On standard error: text for people, one JSON object a line, or auto, text on a terminal and JSON elsewhere.");
  keys.text("file", &S::file,
            "A file for the log as text. Log files are turned over at midnight and then compressed; SIGHUP opens anew what was moved away.")
      .alias("LOG_FILE");
  keys.text("json_file", &S::json_file, "A file for the log as JSON, one object a line.").alias("JSON_LOG_FILE");
  keys.text("environment", &S::environment, "Where this is, such as \"production\" or \"staging\": said on each line of the log as JSON.")
      .alias("ENVIRONMENT");
  keys.duration(
      "retention", &S::retention, {0, 3650 * day},
      "How long compressed log files are kept, in whole days; 0s is 7 days for log.file and 30 for log.json_file and the access log.");
  return keys;
}

Schema<AccessLogSettings> access_log_keys() {
  using S = AccessLogSettings;
  using telemetry::AccessFormat;
  Schema<S> keys;
  keys.choice<AccessFormat>(
      "format", &S::format, {{"json", AccessFormat::json}, {"combined", AccessFormat::combined}, {"off", AccessFormat::off}},
      "One line for each answered request, as a JSON object or in the combined format that log analysers read, or nothing.");
  keys.text("file", &S::file, "The file that the access log is written to; empty is standard error.");
  return keys;
}

Schema<AuditSettings> audit_keys() {
  using S = AuditSettings;
  Schema<S> keys;
  keys.flag("content", &S::content,
            "Whether what all tenants ask of models is kept beside the audit trail, with addresses, long numbers and keys masked.");
  keys.texts("content_tenants", &S::content_tenants, "Tenants of whom it is kept where it is not of all, such as \"tenant-001\".")
      .checked(must_not_be_empty);
  keys.duration("retention", &S::retention, {60 * 60, 3650 * day}, "How long that is kept; the audit trail itself stays.");
  return keys;
}

Schema<Settings> all_keys() {
  Schema<Settings> keys;
  keys.part("server", &Settings::server, server_keys());
  keys.part("auth", &Settings::auth, auth_keys());
  keys.part("limits", &Settings::limits, request_limit_keys());
  keys.part("models", &Settings::models, model_keys());
  keys.part("engine.llama", &Settings::llama, llama_keys());
  keys.part("engine.onnx", &Settings::onnx, onnx_keys());
  keys.part("cache", &Settings::cache, cache_keys());
  keys.part("log", &Settings::log, log_keys());
  keys.part("access_log", &Settings::access_log, access_log_keys());
  keys.part("audit", &Settings::audit, audit_keys());
  keys.named_tables(
      "prices", &Settings::prices, price_keys(),
      "What calls of each model cost, by its name, in the one currency of all prices and budgets; a model that has none is free.");
  return keys;
}

std::size_t number_of(std::string_view name) {
  const auto& keys = settings_schema().keys();
  return static_cast<std::size_t>(std::ranges::find(keys, name, &config::KeySpec::name) - keys.begin());
}

config::Fault fault_of(std::string_view name, const config::Reading& reading, std::string what) {
  return {reading.places[number_of(name)], std::string(name), std::string(name) + ": " + std::move(what)};
}

// Two writers of one file would turn it over twice.
void check_log_files(const Settings& settings, const config::Reading& reading, std::vector<config::Fault>& faults) {
  const bool access = settings.access_log.format != telemetry::AccessFormat::off;
  const std::pair<const char*, std::string> files[] = {{"log.file", settings.log.file},
                                                       {"log.json_file", settings.log.json_file},
                                                       {"access_log.file", access ? settings.access_log.file : ""}};
  for (std::size_t i = 1; i < std::size(files); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const auto mine = std::filesystem::path(files[i].second).lexically_normal(),
                 theirs = std::filesystem::path(files[k].second).lexically_normal();
      if (!mine.empty() && mine == theirs)
        faults.push_back(fault_of(files[i].first, reading, std::string("is the file of ") + files[k].first + ", too"));
    }
  }
}

void check_password_cost(const PasswordSettings& password, const config::Reading& reading, std::vector<config::Fault>& faults) {
  if (password.memory.value() * password.passes >= least_password_work) return;
  faults.push_back(fault_of("auth.password.memory", reading,
                            config::to_text(password.memory) + " gone through " + std::to_string(password.passes) +
                                " times is too cheap for whoever guesses: raise it, or auth.password.passes, until they make 35MiB"));
}

// A session that is forgotten while a token of it is good could not be ended any more.
void check_session_lifetimes(const AuthSettings& auth, const config::Reading& reading, std::vector<config::Fault>& faults) {
  if (auth.refresh_lifetime >= auth.access_lifetime) return;
  faults.push_back(fault_of("auth.refresh_lifetime", reading,
                            config::to_text(auth.refresh_lifetime) + " is less than auth.access_lifetime, " +
                                config::to_text(auth.access_lifetime) + ": a session must not be over before its access tokens"));
}

std::chrono::days kept(seconds retention, std::chrono::days own) {
  return retention > seconds(0) ? std::chrono::ceil<std::chrono::days>(retention) : own;
}

}  // namespace

const Schema<Settings>& settings_schema() {
  static const Schema<Settings> schema = all_keys();
  return schema;
}

std::vector<config::Fault> cross_check(const Settings& settings, const config::Reading& reading) {
  std::vector<config::Fault> faults;
  const ServerSettings& server = settings.server;
  if (server.listen.empty()) faults.push_back(fault_of("server.listen", reading, "names no address to listen on"));
  for (const std::string& text : server.listen) {
    const Result<net::Endpoint> endpoint = parse_endpoint(text);
    if (endpoint && !is_loopback(*endpoint) && settings.auth.mode == AuthMode::off) {
      faults.push_back(
          fault_of("auth.mode", reading, "off lets everybody in, and '" + text + "' can be reached by others: listen on loopback"));
    }
    if (endpoint && !is_loopback(*endpoint) && settings.limits.mode == LimitMode::off) {
      faults.push_back(
          fault_of("limits.mode", reading, "off limits nobody, and '" + text + "' can be reached by others: listen on loopback"));
    }
    if (!endpoint || is_loopback(*endpoint) || server.insecure_http) continue;
    faults.push_back(
        fault_of("server.listen", reading,
                 "'" + text +
                     "' can be reached by others, and plain HTTP would show them keys and prompts: put TLS in front and listen on "
                     "loopback, or say --insecure-http"));
  }
  if (server.limits.request_line > server.limits.head) {
    faults.push_back(fault_of(
        "server.limits.request_line", reading,
        config::to_text(server.limits.request_line) + " is more than the whole head may have, " + config::to_text(server.limits.head)));
  }
  check_password_cost(settings.auth.password, reading, faults);
  check_session_lifetimes(settings.auth, reading, faults);
  check_log_files(settings, reading, faults);
  const std::size_t rules = number_of("limits.rules");
  check_limit_rules(settings.limits.rules, settings_schema().keys()[rules], std::get<config::Rows>(reading.values[rules]), faults);
  const std::size_t issuers = number_of("auth.issuers");
  const config::KeySpec& key = settings_schema().keys()[issuers];
  check_issuers({settings.auth.issuers, own_issuer(server), key, std::get<config::Rows>(reading.values[issuers])}, faults);
  return faults;
}

std::string own_issuer(const ServerSettings& server) {
  return server.public_url.empty() ? std::string(identity::nameless) : server.public_url;
}

net::ServerLimits server_limits(const ServerSettings& server) {
  const LimitSettings& set = server.limits;
  net::ServerLimits limits;
  limits.http1.head = set.head.value();
  limits.http1.request_line = set.request_line.value();
  limits.http1.fields = set.fields;
  limits.connections = set.connections;
  limits.connections_per_address = set.connections_per_address;
  limits.backlog = static_cast<int>(server.backlog);
  limits.head_deadline = set.head_deadline;
  limits.idle = set.idle;
  return limits;
}

gateway::Ceilings ceilings(const ModelSettings& models) { return {models.max_tokens, models.max_prompt}; }

gateway::ContentRules content_rules(const AuditSettings& audit) {
  gateway::ContentRules rules;
  rules.all = audit.content;
  rules.tenants.insert(audit.content_tenants.begin(), audit.content_tenants.end());
  return rules;
}

gateway::BodyLimits body_limits(const LimitSettings& limits) { return {limits.body_api, limits.body_v1}; }

telemetry::LogOptions log_options(const Settings& settings) {
  const LogSettings& set = settings.log;
  telemetry::LogOptions options;
  options.level = set.level;
  options.format = set.format;
  options.file = set.file;
  options.json_file = set.json_file;
  options.environment = set.environment;
  options.file_kept = kept(set.retention, options.file_kept);
  options.json_file_kept = kept(set.retention, options.json_file_kept);
  return options;
}

telemetry::AccessLogOptions access_log_options(const Settings& settings) {
  telemetry::AccessLogOptions options;
  options.format = settings.access_log.format;
  options.file = settings.access_log.file;
  options.kept = kept(settings.log.retention, options.kept);
  return options;
}

gateway::EdgeRules edge_rules(const ServerSettings& server) {
  gateway::EdgeRules rules;
  for (const std::string& host : server.trusted_hosts) rules.hosts.push_back(gateway::read_host(host).value());
  if (!server.public_url.empty()) rules.hosts.push_back(gateway::host_of_url(server.public_url).value());
  for (const std::string& origin : server.cors.origins) rules.origins.push_back(gateway::read_origin(origin).value());
  rules.proxies = net::Networks::parse(server.trusted_proxies).value();
  rules.docs = server.docs;
  rules.docs_models = server.docs_models;
  if (!server.home.empty()) rules.home = server.home;
  return rules;
}

}  // namespace gatehouse::app
