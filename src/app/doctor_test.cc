#include "doctor.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <set>

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t gibibyte = 1ULL << 30U;

Facts all_well() {
  Facts facts;
  facts.ports = {{"server.listen", "127.0.0.1:8080"}, {"server.admin_listen", "127.0.0.1:8081"}};
  facts.folder.path = "./data";
  facts.store.emplace();
  facts.store->schema_found = facts.store->schema_known = 8;
  facts.store->newest_s = 1'790'000'000;
  facts.keys.emplace();
  facts.keys->signs_with = facts.keys->configured = "EdDSA";
  facts.models.largest = "smollm2";
  facts.models.largest_bytes = gibibyte / 8;
  MachineFacts& machine = facts.machine;
  machine.memory_bytes = 8 * gibibyte;
  machine.memory_free_bytes = 4 * gibibyte;
  machine.disk_free_bytes = 10 * gibibyte;
  machine.slowest_sync = milliseconds(3);
  machine.descriptors = 65'536;
  machine.connections = 4096;
  machine.now_s = 1'790'000'100;
  machine.program_written_s = 1'789'000'000;
  facts.logs = {{"log.file", ""}};
  return facts;
}

const Check* find(const std::vector<Check>& checks, const std::string& name) {
  const auto found = std::ranges::find(checks, name, &Check::name);
  return found == checks.end() ? nullptr : &*found;
}

TEST(Doctor, FindsNothingWhereAllIsWell) {
  const std::vector<Check> checks = diagnose(all_well());
  std::set<std::string> names;
  for (const Check& check : checks) {
    EXPECT_TRUE(check.ok) << check.name << ": " << check.advice;
    EXPECT_TRUE(names.insert(check.name).second) << check.name;
  }
  EXPECT_EQ(names.size(), 21U);
}

struct Case {
  const char* name;
  bool ok;
  const char* advice;
  std::function<void(Facts&)> change;
};

TEST(Doctor, SaysOfEachFactWhatToDo) {
  const std::vector<Case> cases{
      {"configuration", false, "g.toml:3:1: wrong", [](Facts& f) { f.configuration_faults = {"g.toml:3:1: wrong", "other"}; }},
      {"ports", false, "process 7 (nginx) listens there",
       [](Facts& f) { f.ports[0].refusal = "taken", f.ports[0].holder = "process 7 (nginx)"; }},
      {"ports", true, "", [](Facts& f) { f.ports[0].refusal = "taken", f.ports[0].ours = true; }},
      {"ports", false, "server.admin_listen", [](Facts& f) { f.ports[1].refusal = "permission denied"; }},
      {"loopback", true, "0.0.0.0:80", [](Facts& f) { f.ports[0].address = "0.0.0.0:80", f.ports[0].loopback = false; }},
      {"data_folder", false, "gatehouse serve", [](Facts& f) { f.folder.there = false; }},
      {"data_folder", false, "user 1000", [](Facts& f) { f.folder.owner = 1000; }},
      {"data_folder", false, "0770", [](Facts& f) { f.folder.mode = 0770; }},
      {"data_folder", true, "chmod 0700", [](Facts& f) { f.folder.mode = 0755; }},
      {"server", true, "no server", [](Facts&) {}},
      {"server", true, "process 5", [](Facts& f) { f.server.holder = "5"; }},
      {"server", false, "process 5", [](Facts& f) { f.server.holder = "5", f.server.answers = false; }},
      {"store", false, "cannot open", [](Facts& f) { f.store->refusal = "cannot open"; }},
      {"schema", false, "gatehouse migrate", [](Facts& f) { f.store->schema_found = 6; }},
      {"integrity", false, "gatehouse restore", [](Facts& f) { f.store->verdict = "row 7 missing"; }},
      {"master_key", false, "put it back", [](Facts& f) { f.keys->master_key_refusal = "it is missing: put it back"; }},
      {"signing_keys", false, "not the one", [](Facts& f) { f.keys->signing_keys_refusal = "not the one"; }},
      {"algorithm", false, "ES256", [](Facts& f) { f.keys->configured = "ES256"; }},
      {"models", false, "models.dirs", [](Facts& f) { f.models.missing = {"llama"}; }},
      {"models", false, "sha256", [](Facts& f) { f.models.refusals = {"sha256 differs"}; }},
      {"model_memory", false, "5120 MiB", [](Facts& f) { f.models.largest_bytes = 5 * gibibyte; }},
      {"model_memory", true, "", [](Facts& f) { f.models.largest_bytes = 5 * gibibyte, f.server.holder = "5"; }},
      {"model_memory", false, "smaller", [](Facts& f) { f.models.largest_bytes = 9 * gibibyte, f.server.holder = "5"; }},
      {"engine", false, "./run build", [](Facts& f) { f.machine.engine_refusal = "no kernels"; }},
      {"disk_space", false, "make room", [](Facts& f) { f.machine.disk_free_bytes = 1; }},
      {"disk_speed", false, "250 ms", [](Facts& f) { f.machine.slowest_sync = milliseconds(250); }},
      {"memory", false, "MiB", [](Facts& f) { f.machine.memory_free_bytes = 200, f.server.holder = "5"; }},
      {"gpu", true, "none is needed", [](Facts&) {}},
      {"gpu", true, "not used", [](Facts& f) { f.machine.gpu = true; }},
      {"clock", false, "900 s behind", [](Facts& f) { f.store->newest_s = f.machine.now_s + 900; }},
      {"clock", true, "", [](Facts& f) { f.store->newest_s = f.machine.now_s + 30; }},
      {"clock", false, "before this program", [](Facts& f) { f.machine.program_written_s = f.machine.now_s + 90'000; }},
      {"descriptors", false, "LimitNOFILE", [](Facts& f) { f.machine.descriptors = 64; }},
      {"descriptors", true, "caps connections at 768", [](Facts& f) { f.machine.descriptors = 1024; }},
      {"log_files", false, "log.file", [](Facts& f) { f.logs[0].refusal = "/nowhere/log"; }},
      {"token", true, "tenant demo, for llm", [](Facts& f) { f.token = TokenFacts{"", "demo", "llm"}; }},
      {"token", false, "token issue", [](Facts& f) { f.token = TokenFacts{"token_expired: over", "", ""}; }},
      {"token", false, "clock", [](Facts& f) { f.token = TokenFacts{"token_not_yet_valid: early", "", ""}; }},
      {"token", false, "has issued", [](Facts& f) { f.token = TokenFacts{"token_invalid: no", "", ""}; }},
  };
  for (const Case& one : cases) {
    Facts facts = all_well();
    one.change(facts);
    const std::vector<Check> checks = diagnose(facts);
    const Check* const check = find(checks, one.name);
    ASSERT_NE(check, nullptr) << one.name;
    EXPECT_EQ(check->ok, one.ok) << one.name << ": " << check->advice;
    EXPECT_THAT(check->advice, HasSubstr(one.advice)) << one.name;
    EXPECT_EQ(std::ranges::count(checks, false, &Check::ok), one.ok ? 0 : 1) << one.name << " says nothing about others";
  }
}

TEST(Doctor, LeavesOutWhatCannotBeChecked) {
  Facts facts = all_well();
  facts.store->refusal = "cannot open";
  EXPECT_EQ(find(diagnose(facts), "integrity"), nullptr);
  facts.keys->master_key_refusal = "missing";
  EXPECT_EQ(find(diagnose(facts), "signing_keys"), nullptr);
  facts.store.reset();
  facts.keys.reset();
  facts.machine.slowest_sync.reset();
  const std::vector<Check> checks = diagnose(facts);
  for (const char* name : {"store", "schema", "master_key", "disk_speed", "token"}) EXPECT_EQ(find(checks, name), nullptr) << name;
}

}  // namespace
}  // namespace gatehouse::app
