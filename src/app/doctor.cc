#include "doctor.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace gatehouse::app {
namespace {

constexpr std::uint64_t one_mebibyte = 1024 * 1024;
constexpr std::uint64_t least_disk = 256 * one_mebibyte, least_memory = 256 * one_mebibyte, least_descriptors = 256;
constexpr milliseconds slow_sync{100};
constexpr std::int64_t a_minute_s = 60, a_day_s = 24 * 60 * 60;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes / one_mebibyte) + " MiB"; }

std::string octal(unsigned mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777U);
  return text.data();
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : "; ").append(part);
  return text;
}

Check well(std::string name, std::string remark = {}) { return {std::move(name), true, std::move(remark)}; }
Check wrong(std::string name, std::string advice) { return {std::move(name), false, std::move(advice)}; }
Check wrong_if_any(std::string name, const std::vector<std::string>& advice) {
  return advice.empty() ? well(std::move(name)) : wrong(std::move(name), joined(advice));
}

Check check_ports(const Facts& facts) {
  std::vector<std::string> advice;
  for (const PortFacts& port : facts.ports) {
    if (port.refusal.empty() || port.ours) continue;
    const std::string who = port.holder.empty() ? "" : " (" + port.holder + " listens there)";
    advice.push_back(port.key + " names " + port.address + ", and nobody can listen there now: " + port.refusal + who +
                     "; end what is there, or name another address");
  }
  return wrong_if_any("ports", advice);
}

// Who opened it said so on purpose (--insecure-http).
Check check_loopback(const Facts& facts) {
  std::vector<std::string> open;
  for (const PortFacts& port : facts.ports) {
    if (!port.loopback) open.push_back(port.address);
  }
  if (open.empty()) return well("loopback");
  return well("loopback", joined(open) + " can be reached by others over plain HTTP: put TLS in front and listen on loopback");
}

Check check_folder(const FolderFacts& folder) {
  const std::string name = "'" + folder.path + "'";
  if (!folder.there) return wrong("data_folder", name + " holds no data yet: `gatehouse serve` makes it, or --data names another folder");
  if (folder.owner != folder.me) {
    return wrong("data_folder", name + " belongs to user " + std::to_string(folder.owner) + " and this is user " +
                                    std::to_string(folder.me) + ": run Gatehouse, and this, as its owner");
  }
  if ((folder.mode & 022U) != 0) {
    return wrong("data_folder", name + " has mode " + octal(folder.mode) + ", others may write to it: chmod 0700 " + name);
  }
  if ((folder.mode & 077U) != 0)
    return well("data_folder", name + " has mode " + octal(folder.mode) + ": chmod 0700 " + name + " shows others less");
  return well("data_folder");
}

Check check_server(const ServerFacts& server) {
  if (server.holder.empty()) return well("server", "no server runs on this data folder");
  if (server.answers) return well("server", "process " + server.holder + " runs on this data folder");
  return wrong("server", "process " + server.holder +
                             " has the data folder and does not answer at its control socket: wait if it starts or runs a command, else "
                             "end it and start it again");
}

void check_store(const StoreFacts& store, std::vector<Check>& checks) {
  if (!store.refusal.empty()) return checks.push_back(wrong("store", store.refusal));
  checks.push_back(well("store"));
  const std::string schema = std::to_string(store.schema_found), known = std::to_string(store.schema_known);
  checks.push_back(
      store.schema_found == store.schema_known
          ? well("schema")
          : wrong("schema", "the store has schema " + schema + " and this version wants " + known + ": run `gatehouse migrate`"));
  checks.push_back(store.verdict == "ok" ? well("integrity")
                                         : wrong("integrity", "the store is damaged (" + store.verdict +
                                                                  "): stop the server and put a backup back with `gatehouse restore`"));
}

void check_keys(const KeyFacts& keys, std::vector<Check>& checks) {
  if (!keys.master_key_refusal.empty()) return checks.push_back(wrong("master_key", keys.master_key_refusal));
  checks.push_back(well("master_key"));
  if (!keys.signing_keys_refusal.empty()) return checks.push_back(wrong("signing_keys", keys.signing_keys_refusal));
  if (keys.signs_with.empty()) return;
  checks.push_back(well("signing_keys"));
  checks.push_back(keys.configured.empty() || keys.signs_with == keys.configured
                       ? well("algorithm")
                       : wrong("algorithm", "tokens are signed with " + keys.signs_with + " and auth.algorithm is " + keys.configured +
                                                ": the next start makes such a key, `gatehouse signing-key rotate` makes one now"));
}

Check check_models(const ModelFacts& models) {
  std::vector<std::string> advice = models.refusals;
  for (const std::string& name : models.missing) {
    advice.push_back("the model '" + name + "' is in none of the model folders: ./run serve fetches it, models.dirs names another folder");
  }
  return wrong_if_any("models", advice);
}

// A server that runs has taken what it needs.
void check_model_memory(const Facts& facts, std::vector<Check>& checks) {
  const ModelFacts& models = facts.models;
  const MachineFacts& machine = facts.machine;
  if (models.largest.empty()) return;
  const std::uint64_t room = facts.server.holder.empty() ? machine.memory_free_bytes : machine.memory_bytes;
  if (models.largest_bytes < room) return checks.push_back(well("model_memory"));
  checks.push_back(wrong("model_memory", "the model '" + models.largest + "' takes " + mebibytes(models.largest_bytes) + " and there are " +
                                             mebibytes(room) +
                                             " of memory: free some, or serve a smaller or more strongly quantised model"));
}

Check check_engine(const MachineFacts& machine) {
  return machine.engine_refusal.empty() ? well("engine")
                                        : wrong("engine", machine.engine_refusal + ": ./run build puts the engine's libraries there");
}

void check_disk(const MachineFacts& machine, std::vector<Check>& checks) {
  checks.push_back(machine.disk_free_bytes >= least_disk
                       ? well("disk_space")
                       : wrong("disk_space", mebibytes(machine.disk_free_bytes) + " are free for the data folder: make room there"));
  if (!machine.slowest_sync) return;
  const auto took = std::chrono::ceil<milliseconds>(*machine.slowest_sync);
  checks.push_back(took < slow_sync ? well("disk_speed")
                                    : wrong("disk_speed", "a small write takes " + std::to_string(took.count()) +
                                                              " ms to be on the disk: put the data folder on a faster or less busy one"));
}

Check check_memory(const MachineFacts& machine) {
  if (machine.memory_free_bytes >= least_memory) return well("memory");
  return wrong("memory", mebibytes(machine.memory_free_bytes) + " of memory are free: end what else runs here, or give the machine more");
}

Check check_gpu(const MachineFacts& machine) {
  return well("gpu", machine.gpu ? "a GPU is there and is not used, models are computed on the CPU"
                                 : "there is no GPU and none is needed, models are computed on the CPU");
}

Check check_clock(const Facts& facts) {
  const MachineFacts& machine = facts.machine;
  const char* const what_to_do = ": set the clock, for example with `timedatectl set-ntp true`";
  if (facts.store && facts.store->newest_s && machine.now_s + a_minute_s < *facts.store->newest_s) {
    return wrong("clock", "the clock is " + std::to_string(*facts.store->newest_s - machine.now_s) +
                              " s behind what the store says was done already" + what_to_do);
  }
  if (machine.now_s + a_day_s < machine.program_written_s) {
    return wrong("clock", std::string("the clock says a time before this program was written") + what_to_do);
  }
  return well("clock");
}

Check check_descriptors(const MachineFacts& machine) {
  const std::uint64_t wanted = machine.connections / 3 * 4 + 4, possible = machine.descriptors / 4 * 3;
  const std::string how = ": raise it with `ulimit -n " + std::to_string(wanted) + "` or systemd's LimitNOFILE";
  const std::string found = std::to_string(machine.descriptors) + " descriptors may be open";
  if (machine.descriptors < least_descriptors) return wrong("descriptors", found + ", too few to serve with" + how);
  if (possible >= machine.connections) return well("descriptors");
  return well("descriptors", found + ", which caps connections at " + std::to_string(possible) + how);
}

Check check_logs(const Facts& facts) {
  std::vector<std::string> advice;
  for (const LogFacts& log : facts.logs) {
    if (!log.refusal.empty()) advice.push_back(log.key + " names " + log.refusal + ": let its folder be there and be Gatehouse's to write");
  }
  return wrong_if_any("log_files", advice);
}

// By the reason that a refusal begins with.
std::string_view cure_of(std::string_view refusal) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> cures{{
      {"not_checked", "mend that and ask again"},
      {"token_expired", "issue another with `gatehouse token issue`"},
      {"token_revoked", "issue another with `gatehouse token issue`"},
      {"token_not_yet_valid", "set the clock of this machine, or of whoever issued it"},
      {"token_tenant_missing", "present one that names its tenant"},
      {"tenant_disabled", "let its tenant in with `gatehouse tenant enable ID`"},
      {"api_key", "look at it with `gatehouse key list`, or test it with a request"},
  }};
  for (const auto& [reason, cure] : cures) {
    if (refusal.starts_with(reason)) return cure;
  }
  return "present one whole that this installation, or an issuer that it is configured to believe, has issued";
}

Check check_token(const TokenFacts& token) {
  if (!token.refusal.empty()) return wrong("token", "the token is refused (" + token.refusal + "): " + std::string(cure_of(token.refusal)));
  return well("token", "the token is taken: tenant " + token.tenant + ", for " + (token.scopes.empty() ? "nothing" : token.scopes));
}

}  // namespace

std::vector<Check> diagnose(const Facts& facts) {
  std::vector<Check> checks;
  checks.push_back(wrong_if_any("configuration", facts.configuration_faults));
  checks.push_back(check_ports(facts));
  checks.push_back(check_loopback(facts));
  checks.push_back(check_folder(facts.folder));
  checks.push_back(check_server(facts.server));
  if (facts.store) check_store(*facts.store, checks);
  if (facts.keys) check_keys(*facts.keys, checks);
  checks.push_back(check_models(facts.models));
  check_model_memory(facts, checks);
  checks.push_back(check_engine(facts.machine));
  check_disk(facts.machine, checks);
  checks.push_back(check_memory(facts.machine));
  checks.push_back(check_gpu(facts.machine));
  checks.push_back(check_clock(facts));
  checks.push_back(check_descriptors(facts.machine));
  checks.push_back(check_logs(facts));
  if (facts.token) checks.push_back(check_token(*facts.token));
  return checks;
}

}  // namespace gatehouse::app
