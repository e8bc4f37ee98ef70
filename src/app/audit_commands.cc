#include "audit_commands.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <vector>

#include "admin_client.h"
#include "checkpoint_file.h"
#include "gatehouse/adapters/store_sqlite/audit_file.h"
#include "gatehouse/telemetry/audit_verify.h"
#include "gatehouse/wire/json/copy.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "print_json.h"

namespace gatehouse::app {
namespace {

constexpr std::size_t longest_page = 1000;
constexpr std::array<std::string_view, 8> columns{"timestamp",   "tenant_id",   "user_id", "api_key_id",
                                                  "action_type", "resource_id", "outcome", "rule"};

// -- list and tail --------------------------------------------------------------------------------------------------------

std::string target_of(const AuditOptions& audit, std::size_t limit, std::size_t offset) {
  std::string target = "/api/admin/audit?limit=" + std::to_string(limit) + "&offset=" + std::to_string(offset);
  const auto add = [&target](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    target.append("&").append(name).append("=");
    wire::append_escaped(target, value);
  };
  add("tenant_id", audit.tenant);
  add("user_id", audit.user);
  add("api_key_id", audit.key);
  add("since", audit.since);
  add("until", audit.until);
  return target;
}

// Behind those that are there already; false: there are no more.
Result<bool> add_page(std::vector<std::string>& records, const std::string& page) {
  wire::JsonParser parser;
  GH_TRY(const wire::JsonValue root, parser.parse(page));
  const auto data = root.find("data"), more = root.find("has_more");
  if (!data || !data->is_list()) return operator_error("refused", "the answer is no list");
  for (const wire::JsonValue& record : data->items()) {
    wire::JsonWriter json(records.emplace_back());
    wire::copy_json(json, record);
  }
  return more && more->boolean();
}

Result<std::vector<std::string>> newest(const AdminOptions& options, const AuditOptions& audit) {
  Configuration configuration = read_configuration(options.configuration);
  if (!configuration.ok()) return operator_error("configuration_wrong", "the configuration is wrong; `gatehouse config check` says where");
  GH_TRY(AdminClient client, AdminClient::open(options.data, configuration.settings));
  std::vector<std::string> records;
  for (bool more = true; more && records.size() < audit.limit;) {
    const std::size_t limit = std::min(longest_page, audit.limit - records.size());
    GH_TRY(const std::string page, client.ask(wire::Method::get, target_of(audit, limit, records.size())));
    GH_TRY(more, add_page(records, page));
  }
  return records;
}

int print(const AdminOptions& options, const std::vector<std::string>& records) {
  std::string all;
  wire::JsonWriter json(all);
  json.begin_list();
  for (const std::string& record : records) json.raw(record);
  json.end_list();
  std::cout << (options.output == Output::json ? all + "\n" : table_as_text(all, columns));
  return exit_well;
}

// -- verify ---------------------------------------------------------------------------------------------------------------

struct Verified {
  telemetry::AuditVerdict verdict;
  std::size_t checkpoints = 0;
};

Result<telemetry::AuditSealer> sealer_of(const std::string& data) {
  GH_TRY(const identity::MasterKey master, identity::MasterKey::open(data));
  GH_TRY(const identity::DataKeys keys, identity::DataKeys::of(master));
  return telemetry::AuditSealer::make(keys.audit, "verify");
}

// The checkpoints first: what they tell of is in the store already.
Result<Verified> verify(const std::string& data, const std::string& tenant) {
  GH_CHECK(must_be_initialised(data));
  GH_TRY(const telemetry::AuditSealer sealer, sealer_of(data));
  std::ifstream in(checkpoints_of(data), std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  telemetry::CheckpointLines lines = telemetry::read_checkpoints(file, sealer);
  const auto wanted = [&tenant](const telemetry::AuditChain& chain) { return tenant.empty() || chain.tenant.value() == tenant; };
  std::erase_if(lines.checkpoints, [&](const telemetry::AuditCheckpoint& one) { return !wanted(one.head.chain); });
  telemetry::AuditVerifier verifier(sealer, lines);
  adapters::AuditReader reader;
  reader.head = [&](const telemetry::AuditHead& head) {
    if (wanted(head.chain)) verifier.expect(head);
  };
  reader.row = [&](const telemetry::AuditRow& row) {
    if (wanted(row.chain())) verifier.look_at(row);
  };
  GH_CHECK(adapters::read_audit(identity::store_file_of(data), reader));
  return Verified{verifier.verdict(), lines.checkpoints.size()};
}

std::string as_json(const Verified& verified) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("ok", verified.verdict.ok()).member("records", verified.verdict.records);
  json.member("checkpoints", std::uint64_t{verified.checkpoints});
  if (verified.verdict.ok()) {
    json.member_null("first_bad");
  } else {
    const telemetry::AuditFault& fault = verified.verdict.faults.front();
    json.key("first_bad").begin_object().member("damage", telemetry::to_string(fault.damage));
    json.member_or_null("tenant_id", fault.chain.tenant.value()).member_or_null("instance", fault.chain.instance);
    json.member("sequence", fault.sequence).end_object();
  }
  json.end_object();
  return out + "\n";
}

std::string sentence_about(const telemetry::AuditFault& fault) {
  const std::string number = std::to_string(fault.sequence);
  if (fault.damage == telemetry::AuditDamage::checkpoint_file_altered) {
    return "the file of checkpoints is not what was written, from line " + number + " on";
  }
  std::string where = fault.chain.tenant.value().empty() ? "of nobody known" : "of the tenant '" + fault.chain.tenant.value() + "'";
  return "record " + number + " " + where + " in the instance " + fault.chain.instance + ": " +
         std::string(telemetry::to_string(fault.damage));
}

std::string as_text(const Verified& verified) {
  std::string text = std::to_string(verified.verdict.records) + " records, " + std::to_string(verified.checkpoints) + " checkpoints";
  if (verified.verdict.ok()) return text + ": all as they were written.\n";
  text += ". Not as it was written:\n";
  for (const telemetry::AuditFault& fault : verified.verdict.faults) text += "  " + sentence_about(fault) + "\n";
  return text;
}

}  // namespace

int audit_list(const AdminOptions& options, const AuditOptions& audit) {
  const Result<std::vector<std::string>> records = newest(options, audit);
  return records ? print(options, *records) : report(records.error());
}

int audit_tail(const AdminOptions& options, const AuditOptions& audit) {
  Result<std::vector<std::string>> records = newest(options, audit);
  if (!records) return report(records.error());
  std::ranges::reverse(*records);
  return print(options, *records);
}

int audit_verify(const AdminOptions& options, const AuditOptions& audit) {
  const Result<Verified> verified = verify(options.data, audit.tenant);
  if (!verified) return report(verified.error());
  std::cout << (options.output == Output::json ? as_json(*verified) : as_text(*verified));
  return verified->verdict.ok() ? exit_well : exit_failed;
}

}  // namespace gatehouse::app
