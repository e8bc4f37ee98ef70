// app/settings.h — every setting that the program has today, and what each is for. Defaults are the members' own.
// Threads  value types; settings_schema() may be read from any thread
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cache_settings.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/config/reading.h"
#include "gatehouse/config/schema.h"
#include "gatehouse/gateway/gateway.h"
#include "gatehouse/identity/init.h"
#include "gatehouse/identity/login_pace.h"
#include "gatehouse/limits/price.h"
#include "gatehouse/net/server.h"
#include "gatehouse/telemetry/access_log.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/wire/jose/algorithm.h"
#include "issuer_settings.h"
#include "limit_settings.h"
#include "model_settings.h"

namespace gatehouse::app {

// Of the public listener.
struct LimitSettings {
  ByteCount head = kib(32), request_line = kib(8);
  std::uint32_t fields = 100;
  ByteCount body_api = mib(1), body_v1 = mib(50);
  std::uint32_t connections = 4096, connections_per_address = 256;
  seconds head_deadline{10}, idle{60};
};

struct CorsSettings {
  config::Texts origins;
};

struct ServerSettings {
  config::Texts listen{"127.0.0.1:8080"};
  std::string admin_listen = "127.0.0.1:8081";
  std::string public_url;  // empty: not known
  config::Texts trusted_hosts, trusted_proxies;
  bool docs = true;
  config::Texts docs_models{"iris"};
  std::string home;  // empty: the page for Chinese where a model for it is served, else the documentation
  bool insecure_http = false;
  seconds drain_deadline{300};
  std::uint32_t backlog = 2048;
  std::string title = "Gatehouse";
  ByteCount memory_mark{0};  // 0: none
  LimitSettings limits;
  CorsSettings cors;
};

enum class AuthMode : std::uint8_t { on, off };

// What a password that is kept costs to check.
struct PasswordSettings {
  ByteCount memory = mib(19);
  std::uint32_t passes = 2, at_once = 2;
};

// Of wrong passwords.
struct LoginSettings {
  std::uint32_t failures = identity::PaceOptions().together;  // 0: any number, like the next two
  std::uint32_t address_failures = identity::PaceOptions().address;
  std::uint32_t user_failures = identity::PaceOptions().user;
  seconds longest_wait = identity::PaceOptions().longest_wait;
};

// automatic: open where it leads to the tenant that a first start makes, else closed.
enum class RegisterMode : std::uint8_t { automatic, open, invitation, closed };

struct AuthSettings {
  AuthMode mode = AuthMode::on;
  wire::JwsAlgorithm algorithm = wire::JwsAlgorithm::eddsa;
  std::string secret;  // for HS256; empty: we make our own
  seconds access_lifetime{30 * 60};
  seconds refresh_lifetime{30 * 24 * 60 * 60};
  seconds refresh_grace{10};
  RegisterMode registering = RegisterMode::automatic;
  std::string register_tenant{identity::first_tenant};
  std::vector<IssuerSettings> issuers;
  PasswordSettings password;
  LoginSettings login;
};

struct LogSettings {
  telemetry::LogLevel level = telemetry::LogLevel::info;
  telemetry::LogFormat format = telemetry::LogFormat::automatic;
  std::string file, json_file;  // empty: none
  std::string environment;      // empty: not said
  seconds retention{0};         // 0: each file's own
};

struct AccessLogSettings {
  telemetry::AccessFormat format = telemetry::AccessFormat::json;
  std::string file;  // empty: standard error
};

// Of what is asked of models; the trail itself is always kept.
struct AuditSettings {
  bool content = false;
  config::Texts content_tenants;
  seconds retention{30 * 24 * 60 * 60};
};

struct Settings {
  ServerSettings server;
  AuthSettings auth;
  RequestLimitSettings limits;
  ModelSettings models;
  LlamaSettings llama;
  OnnxSettings onnx;
  CacheSettings cache;
  LogSettings log;
  AccessLogSettings access_log;
  AuditSettings audit;
  limits::Prices prices;
};

const config::Schema<Settings>& settings_schema();

// What no key can know alone: faults stand where the key at fault was set.
std::vector<config::Fault> cross_check(const Settings& settings, const config::Reading& reading);

// What "iss" says in our own tokens.
std::string own_issuer(const ServerSettings& server);
net::ServerLimits server_limits(const ServerSettings& server);
gateway::Ceilings ceilings(const ModelSettings& models);
gateway::ContentRules content_rules(const AuditSettings& audit);
gateway::BodyLimits body_limits(const LimitSettings& limits);
telemetry::LogOptions log_options(const Settings& settings);
telemetry::AccessLogOptions access_log_options(const Settings& settings);
// Of settings that are known to be right.
gateway::EdgeRules edge_rules(const ServerSettings& server);

}  // namespace gatehouse::app
