#include "settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "auth_settings.h"
#include "gatehouse/config/show.h"

namespace gatehouse::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Read {
  Settings settings;
  std::vector<std::string> faults;
};

Read read_all(const config::Sources& sources) {
  const config::Reading reading = config::read(settings_schema().keys(), sources);
  Read made;
  made.settings = settings_schema().settings(reading.values);
  for (const config::Fault& fault : reading.faults) made.faults.push_back(to_text(fault));
  for (const config::Fault& fault : cross_check(made.settings, reading)) made.faults.push_back(to_text(fault));
  return made;
}

Read read_file(std::string text) {
  config::Sources sources;
  sources.file = config::Document{"g.toml", std::move(text)};
  return read_all(sources);
}

Read read_variables(config::Variables variables) {
  config::Sources sources;
  sources.environment = std::move(variables);
  return read_all(sources);
}

TEST(Settings, AreThoseOfTheContractWhenNobodySaysAnything) {
  const Read read = read_all({});
  EXPECT_THAT(read.faults, IsEmpty());
  const Settings& s = read.settings;
  EXPECT_THAT(s.server.listen, ElementsAre("127.0.0.1:8080"));
  EXPECT_EQ(s.server.admin_listen, "127.0.0.1:8081");
  EXPECT_FALSE(s.server.insecure_http);
  EXPECT_EQ(s.server.drain_deadline, seconds(300));
  EXPECT_EQ(s.server.backlog, 2048U);
  EXPECT_THAT(s.models.dirs, ElementsAre("./models"));
  EXPECT_THAT(s.models.required, ElementsAre("smollm2-135m-instruct"));
  EXPECT_EQ(s.llama.context, 4096U);
  EXPECT_EQ(s.llama.sequences, 16U);
  EXPECT_EQ(s.llama.prefill_chunk, 128U);
  EXPECT_EQ(s.llama.prefix_memory, 256U);
  EXPECT_EQ(s.llama.isolation, Isolation::process);
}

// What is said twice, here and where it is used, is the same.
TEST(Settings, DefaultsAreThoseOfTheFoldersThatUseThem) {
  const Settings s;
  const net::ServerLimits mine = server_limits(s.server), theirs;
  EXPECT_EQ(mine.http1.head, theirs.http1.head);
  EXPECT_EQ(mine.http1.request_line, theirs.http1.request_line);
  EXPECT_EQ(mine.http1.fields, theirs.http1.fields);
  EXPECT_EQ(mine.connections, theirs.connections);
  EXPECT_EQ(mine.connections_per_address, theirs.connections_per_address);
  EXPECT_EQ(mine.backlog, theirs.backlog);
  EXPECT_EQ(mine.head_deadline, theirs.head_deadline);
  EXPECT_EQ(mine.idle, theirs.idle);
  EXPECT_EQ(body_limits(s.server.limits).api, gateway::BodyLimits().api);
  EXPECT_EQ(body_limits(s.server.limits).v1, gateway::BodyLimits().v1);
  const telemetry::LogOptions log = log_options(s), log_theirs;
  EXPECT_EQ(log.level, log_theirs.level);
  EXPECT_EQ(log.format, log_theirs.format);
  EXPECT_EQ(log.file, log_theirs.file);
  EXPECT_EQ(log.file_kept, std::chrono::days(7));
  EXPECT_EQ(log.json_file_kept, std::chrono::days(30));
  const telemetry::AccessLogOptions access = access_log_options(s), access_theirs;
  EXPECT_EQ(access.format, access_theirs.format);
  EXPECT_EQ(access.file, access_theirs.file);
  EXPECT_EQ(access.kept, std::chrono::days(30));
}

TEST(Settings, OfLogFilesArriveWhereTheyAreUsed) {
  const Read read = read_file(R"([log]
file = "a.log"
json_file = "b.json"
retention = "36h"
[access_log]
format = "combined"
file = "c.log"
)");
  ASSERT_THAT(read.faults, IsEmpty());
  const telemetry::LogOptions log = log_options(read.settings);
  EXPECT_EQ(log.file, "a.log");
  EXPECT_EQ(log.json_file, "b.json");
  EXPECT_EQ(log.file_kept, std::chrono::days(2)) << "whole days, and not less than was asked for";
  EXPECT_EQ(log.json_file_kept, std::chrono::days(2));
  const telemetry::AccessLogOptions access = access_log_options(read.settings);
  EXPECT_EQ(access.format, telemetry::AccessFormat::combined);
  EXPECT_EQ(access.file, "c.log");
  EXPECT_EQ(access.kept, std::chrono::days(2));
}

TEST(Settings, ALogFileIsOfOneLog) {
  EXPECT_THAT(read_file("log.file = \"a.log\"\naccess_log.file = \"./a.log\"").faults,
              ElementsAre("g.toml:2:19: access_log.file: is the file of log.file, too"));
  EXPECT_THAT(read_file("log.file = \"a.log\"\nlog.json_file = \"x/../a.log\"").faults,
              ElementsAre("g.toml:2:17: log.json_file: is the file of log.file, too"));
  EXPECT_THAT(read_file("log.file = \"a\"\naccess_log.file = \"a\"\naccess_log.format = \"off\"").faults, IsEmpty());
}

TEST(Settings, EveryLimitArrivesWhereItIsUsed) {
  const Read read = read_file(R"([server]
backlog = 7
[server.limits]
head = "16KiB"
request_line = "1KiB"
fields = 10
body_api = "2KiB"
body_v1 = "3KiB"
connections = 11
connections_per_address = 12
head_deadline = "13s"
idle = "14s"
)");
  ASSERT_THAT(read.faults, IsEmpty());
  const net::ServerLimits limits = server_limits(read.settings.server);
  EXPECT_EQ(limits.backlog, 7);
  EXPECT_EQ(limits.http1.head, 16U * 1024);
  EXPECT_EQ(limits.http1.request_line, 1024U);
  EXPECT_EQ(limits.http1.fields, 10U);
  EXPECT_EQ(limits.connections, 11U);
  EXPECT_EQ(limits.connections_per_address, 12U);
  EXPECT_EQ(limits.head_deadline, seconds(13));
  EXPECT_EQ(limits.idle, seconds(14));
  EXPECT_EQ(body_limits(read.settings.server.limits).api, kib(2));
  EXPECT_EQ(body_limits(read.settings.server.limits).v1, kib(3));
}

TEST(Settings, TheEdgeIsOpenUntilSomebodyClosesIt) {
  const gateway::EdgeRules rules = edge_rules(Settings().server), defaults;
  EXPECT_THAT(rules.hosts, IsEmpty());
  EXPECT_THAT(rules.origins, IsEmpty());
  EXPECT_TRUE(rules.proxies.empty());
  EXPECT_EQ(rules.docs, defaults.docs);
  EXPECT_EQ(rules.docs_models, defaults.docs_models);
  EXPECT_THAT(rules.docs_models, ElementsAre("iris")) << "what stands in an operator's folders is not for everybody";
  EXPECT_EQ(rules.home, defaults.home);
}

TEST(Settings, WhatTheEdgeIsToldArrivesThere) {
  const Read read = read_file(R"([server]
public_url = "https://API.example.com/"
trusted_hosts = ["*.svc.example"]
trusted_proxies = ["10.0.0.0/8"]
docs = false
docs_models = ["table", "*"]
home = "/console/"
[server.cors]
origins = ["https://App.example.com:443"]
)");
  ASSERT_THAT(read.faults, IsEmpty());
  const gateway::EdgeRules rules = edge_rules(read.settings.server);
  EXPECT_THAT(rules.hosts, ElementsAre("*.svc.example", "api.example.com"));
  EXPECT_THAT(rules.origins, ElementsAre("https://app.example.com"));
  EXPECT_TRUE(rules.proxies.hold(*net::parse_address("10.1.1.1")));
  EXPECT_FALSE(rules.docs);
  EXPECT_THAT(rules.docs_models, ElementsAre("table", "*"));
  EXPECT_EQ(rules.home, "/console/");
}

TEST(Settings, WhatTheEdgeCannotUseIsRefusedWhereItStands) {
  const std::pair<const char*, const char*> cases[] = {
      {"server.trusted_hosts = [\"a:80\"]",
       "g.toml:1:25: server.trusted_hosts: 'a:80' is no host; write it as api.example.com or *.example.com, without a port"},
      {"server.trusted_proxies = [\"10.1.2.3/8\"]",
       "g.toml:1:27: server.trusted_proxies: '10.1.2.3/8' has bits behind its prefix; write 10.0.0.0/8"},
      {"server.cors.origins = [\"app.example.com\"]",
       "g.toml:1:24: server.cors.origins: 'app.example.com' is no origin; write it as https://app.example.com"},
      {"server.public_url = \"api.example.com\"",
       "g.toml:1:21: server.public_url: 'api.example.com' is no URL of this server; write it as https://api.example.com"},
      {"server.home = \"//evil.example\"", "g.toml:1:15: server.home: '//evil.example' is no path; write it as /docs"},
      {"server.home = \"/a\\r\\nX: y\"", "is no path"},
  };
  for (const auto& [text, fault] : cases) {
    const std::vector<std::string> faults = read_file(text).faults;
    ASSERT_EQ(faults.size(), 1U) << text;
    EXPECT_THAT(faults[0], HasSubstr(fault));
  }
}

TEST(Settings, AddressesMustBeOnes) {
  EXPECT_THAT(read_file("server.listen = [\"127.0.0.1:1\", \"nonsense\"]").faults,
              ElementsAre("g.toml:1:33: server.listen: 'nonsense' is no address to listen on; write it as 127.0.0.1:8080 or [::1]:8080"));
  EXPECT_THAT(read_file("server.listen = []").faults, ElementsAre("g.toml:1:17: server.listen: names no address to listen on"));
  EXPECT_THAT(read_file("server.admin_listen = \"0.0.0.0:1\"").faults,
              ElementsAre("g.toml:1:23: server.admin_listen: '0.0.0.0:1' can be reached by others; the admin listener stays on loopback"));
  EXPECT_THAT(read_variables({{"GATEHOUSE_SERVER_LISTEN", "[::1]:8080,127.0.0.1:0"}}).settings.server.listen,
              ElementsAre("[::1]:8080", "127.0.0.1:0"));
}

TEST(Settings, PlainHttpStaysOnLoopbackUnlessItIsSaid) {
  const Read refused = read_file("[server]\nlisten = [\"127.0.0.1:1\", \"0.0.0.0:80\"]\n");
  ASSERT_EQ(refused.faults.size(), 1U);
  EXPECT_THAT(refused.faults[0], HasSubstr("g.toml:2:10: server.listen: '0.0.0.0:80' can be reached by others"));
  EXPECT_THAT(read_file("[server]\nlisten = [\"0.0.0.0:80\"]\ninsecure_http = true\n").faults, IsEmpty());
}

TEST(Settings, ARequestLineFitsIntoItsHead) {
  EXPECT_THAT(read_file("[server.limits]\nhead = \"4KiB\"\n").faults,
              ElementsAre("default: server.limits.request_line: 8KiB is more than the whole head may have, 4KiB"));
}

TEST(Settings, SessionsAndWaitsAreAsTheDesksHaveThemUnlessTheySayOtherwise) {
  const AuthSettings defaults = Settings().auth;
  const identity::SessionRules rules = session_rules(defaults), theirs;
  EXPECT_EQ(rules.access_lifetime, theirs.access_lifetime);
  EXPECT_EQ(rules.refresh_lifetime, theirs.refresh_lifetime);
  EXPECT_EQ(rules.grace, theirs.grace);
  const Read read = read_file(
      "[auth]\nrefresh_lifetime = \"2h\"\nrefresh_grace = \"0s\"\n[auth.login]\nfailures = 3\naddress_failures = 0\nuser_failures = 7\n"
      "longest_wait = \"5s\"");
  EXPECT_THAT(read.faults, IsEmpty());
  EXPECT_EQ(session_rules(read.settings.auth).refresh_lifetime, seconds(7200));
  EXPECT_EQ(session_rules(read.settings.auth).grace, seconds(0));
  const identity::PaceOptions pace = pace_options(read.settings.auth.login);
  EXPECT_EQ(pace.together, 3U);
  EXPECT_EQ(pace.address, 0U);
  EXPECT_EQ(pace.user, 7U);
  EXPECT_EQ(pace.longest_wait, seconds(5));
}

TEST(Settings, ASessionIsNotOverBeforeItsAccessTokens) {
  EXPECT_THAT(read_file("[auth]\naccess_lifetime = \"2h\"\nrefresh_lifetime = \"1h\"").faults,
              ElementsAre(HasSubstr("auth.refresh_lifetime: 3600s is less than auth.access_lifetime, 7200s")));
  EXPECT_THAT(read_file("[auth]\naccess_lifetime = \"2h\"\nrefresh_lifetime = \"2h\"").faults, IsEmpty());
}

TEST(Settings, RegisteringIsOpenForTheFirstTenantAloneUnlessItIsSaid) {
  using identity::Registering;
  const auto mode = [](const std::string& text) {
    const Read read = read_file("[auth]\n" + text);
    EXPECT_THAT(read.faults, IsEmpty()) << text;
    return registration_rules(read.settings.auth).mode;
  };
  EXPECT_EQ(mode(""), Registering::open);
  EXPECT_EQ(mode("register_tenant = \"tenant-001\""), Registering::closed);
  EXPECT_EQ(mode("register_tenant = \"tenant-001\"\nregister = \"open\""), Registering::open);
  EXPECT_EQ(mode("register = \"closed\""), Registering::closed);
  EXPECT_EQ(mode("register = \"invitation\""), Registering::invitation);
  EXPECT_EQ(registration_rules(Settings().auth).tenant, TenantId("demo"));
  for (const char* wrong : {"register_tenant = \"system\"", "register_tenant = \"\"", "register = \"ajar\""}) {
    EXPECT_EQ(read_file(std::string("[auth]\n") + wrong).faults.size(), 1U) << wrong;
  }
}

TEST(Settings, PasswordsCostWhatIsSetAndNotTooLittle) {
  EXPECT_EQ(password_options(Settings().auth.password).cost, identity::PasswordCost());
  EXPECT_EQ(password_options(Settings().auth.password).threads, identity::PasswordOptions().threads);
  const Read read = read_file("[auth.password]\nmemory = \"46MiB\"\npasses = 1\nat_once = 4");
  EXPECT_THAT(read.faults, IsEmpty());
  const identity::PasswordOptions options = password_options(read.settings.auth.password);
  EXPECT_EQ(options.cost.memory_kib, 46U * 1024);
  EXPECT_EQ(options.cost.passes, 1U);
  EXPECT_EQ(options.threads, 4U);
  EXPECT_THAT(read_file("[auth.password]\npasses = 1").faults, ElementsAre(HasSubstr("too cheap")));
  EXPECT_THAT(read_file("[auth.password]\nmemory = \"7MiB\"").faults, ElementsAre(HasSubstr("g.toml:2")));
  EXPECT_THAT(read_file("[auth.password]\nmemory = \"7MiB\"\npasses = 5").faults, IsEmpty());
  EXPECT_THAT(read_file("[auth.password]\nmemory = \"65MiB\"").faults, ElementsAre(HasSubstr("auth.password.memory")));
  EXPECT_THAT(read_file("[auth.password]\npasses = 11").faults, ElementsAre(HasSubstr("auth.password.passes")));
}

TEST(Settings, ModelsThatAreRequiredFollowTheDefaultModel) {
  EXPECT_THAT(read_file("models.default_llm = \"m\"").settings.models.required, ElementsAre("m"));
  EXPECT_THAT(read_file("models.default_llm = \"m\"\nmodels.required = []").settings.models.required, IsEmpty());
  EXPECT_THAT(read_file("models.dirs = [\"\"]").faults, ElementsAre("g.toml:1:16: models.dirs: must not be empty"));
}

TEST(Settings, KnowTheNamesOfOtherServers) {
  EXPECT_EQ(read_variables({{"LLM_MODEL_NAME", "m"}}).settings.models.default_llm, "m");
  EXPECT_EQ(read_variables({{"LOG_FILE", "a"}}).settings.log.file, "a");
  EXPECT_EQ(read_variables({{"JSON_LOG_FILE", "a"}}).settings.log.json_file, "a");
  EXPECT_THAT(read_variables({{"BACKEND_CORS_ORIGINS", R"(["http://localhost:3000/"])"}}).settings.server.cors.origins,
              ElementsAre("http://localhost:3000/"));
  EXPECT_THAT(read_variables({{"ALLOWED_HOSTS", "a.example,b.example"}}).settings.server.trusted_hosts,
              ElementsAre("a.example", "b.example"));
  EXPECT_EQ(read_variables({{"BASE_URL", "https://a.example"}}).settings.server.public_url, "https://a.example");
  using telemetry::LogLevel;
  const std::vector<std::pair<const char*, LogLevel>> words{
      {"DEBUG", LogLevel::debug},    {"INFO", LogLevel::info}, {"WARNING", LogLevel::warn}, {"error", LogLevel::error},
      {"CRITICAL", LogLevel::error}, {"Warn", LogLevel::warn}, {"TRACE", LogLevel::debug},  {"off", LogLevel::off}};
  for (const auto& [word, level] : words) EXPECT_EQ(read_variables({{"LOG_LEVEL", word}}).settings.log.level, level) << word;
  EXPECT_THAT(read_variables({{"LOG_LEVEL", "loud"}}).faults,
              ElementsAre("environment LOG_LEVEL: log.level must be one of debug, info, warn, error, off, not 'loud'"));
}

TEST(Settings, KnowWhatOtherServersCountInMinutesAndMebibytes) {
  EXPECT_EQ(read_variables({{"ACCESS_TOKEN_EXPIRE_MINUTES", "11520"}}).settings.auth.access_lifetime, std::chrono::days(8));
  EXPECT_THAT(read_variables({{"ACCESS_TOKEN_EXPIRE_MINUTES", "soon"}}).faults, ElementsAre(HasSubstr("auth.access_lifetime")));
  EXPECT_EQ(read_variables({{"MEMORY_LIMIT_WARNING", "2048"}}).settings.server.memory_mark, mib(2048));
  EXPECT_EQ(read_variables({{"MEMORY_LIMIT_WARNING", "2GiB"}}).settings.server.memory_mark, mib(2048));
}

TEST(Settings, TakeCeilingsAndNamesFromOtherServers) {
  const Read read =
      read_variables({{"LLM_MAX_TOKENS", "256"}, {"MAX_PROMPT_LENGTH", "2000"}, {"PROJECT_NAME", "Iris"}, {"ENVIRONMENT", "staging"}});
  EXPECT_THAT(read.faults, IsEmpty());
  EXPECT_EQ(ceilings(read.settings.models).max_tokens, 256U);
  EXPECT_EQ(ceilings(read.settings.models).prompt, 2000U);
  EXPECT_EQ(read.settings.server.title, "Iris");
  EXPECT_EQ(log_options(read.settings).environment, "staging");
  EXPECT_THAT(read_variables({{"MAX_PROMPT_LENGTH", "10001"}}).faults, ElementsAre(HasSubstr("an integer from 1 to 10000")));
}

TEST(Settings, RefuseASecretThatOthersMayGuessAndDoNotShowIt) {
  for (const std::string secret :
       {"mysecretkey", "your-super-secret-jwt-key-change-in-production", "CHANGE_ME_0123456789abcdefghijklmnopqrstuv",
        "0123456789abcdefghijklmnopqrstu", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    for (const char* variable : {"SECRET_KEY", "JWT_SECRET", "GATEHOUSE_AUTH_SECRET"}) {
      const Read refused = read_variables({{variable, secret}});
      ASSERT_EQ(refused.faults.size(), 1U) << secret;
      EXPECT_THAT(refused.faults[0], AllOf(HasSubstr(variable), HasSubstr("openssl rand"), Not(HasSubstr(secret))));
    }
  }
  const std::string good = "0123456789abcdefghijklmnopqrstuv";
  EXPECT_EQ(read_variables({{"JWT_SECRET", good}}).settings.auth.secret, good);
}

TEST(SettingKeys, HaveEachAVariableADocAndADefaultThatIsAllowed) {
  std::set<std::string> variables;
  config::Sources again;
  const auto& keys = settings_schema().keys();
  const config::Reading unset = config::read(keys, {});
  for (const config::KeySpec& key : keys) {
    EXPECT_TRUE(variables.insert(variable_of(key)).second) << key.name;
    EXPECT_TRUE(key.doc.ends_with('.')) << key.name;
  }
  again.file = config::Document{"g.toml", config::effective_toml(keys, unset)};
  const config::Reading reading = config::read(keys, again);
  EXPECT_TRUE(reading.ok()) << ::testing::PrintToString(reading.faults.empty() ? "" : to_text(reading.faults[0]));
  EXPECT_EQ(reading.values, unset.values);
}

}  // namespace
}  // namespace gatehouse::app
