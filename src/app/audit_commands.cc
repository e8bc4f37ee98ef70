#include "audit_commands.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <vector>

#include "admin_client.h"
#include "checkpoint_file.h"
#include "command_parts.h"
#include "gatehouse/adapters/store_sqlite/audit_file.h"
#include "gatehouse/telemetry/audit_verify.h"
#include "gatehouse/wire/json/copy.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "print_json.h"
#include "terminal_text.h"

namespace gatehouse::app {
namespace {

constexpr std::size_t longest_page = 1000;
constexpr std::chrono::milliseconds between_polls(500);
constexpr std::array<std::string_view, 8> record_columns{"timestamp",   "tenant_id",   "user_id", "api_key_id",
                                                         "action_type", "resource_id", "outcome", "rule"};

// -- list and tail --------------------------------------------------------------------------------------------------------

struct ShownRecord {
  std::int64_t id = 0, tenant_number = 0;
  std::string json;
};

// after: the id of one, 0 for none: those that were kept before it.
std::string target_of(const AuditOptions& audit, std::size_t limit, std::int64_t after) {
  std::string target = "/api/admin/audit?limit=" + std::to_string(limit);
  if (after > 0) target += "&after=" + std::to_string(after);
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

std::int64_t whole_number(const wire::JsonValue& object, std::string_view name) {
  const auto member = object.is_object() ? object.find(name) : std::nullopt;
  return member ? member->as_int64().value_or(0) : 0;
}

// Behind those that are there already; false: there are no more.
Result<bool> add_page(std::vector<ShownRecord>& records, const std::string& page) {
  wire::JsonParser parser;
  GH_TRY(const wire::JsonValue root, parser.parse(page));
  const auto data = root.find("data"), more = root.find("has_more");
  if (!data || !data->is_list()) return operator_error("refused", "the answer is no list");
  for (const wire::JsonValue& record : data->items()) {
    ShownRecord& shown = records.emplace_back();
    shown.id = whole_number(record, "id");
    if (const auto details = record.find("details")) shown.tenant_number = whole_number(*details, "tenant_number");
    wire::JsonWriter json(shown.json);
    wire::copy_json(json, record);
  }
  return more && more->boolean();
}

Result<std::vector<ShownRecord>> newest(AdminClient& client, const AuditOptions& audit) {
  std::vector<ShownRecord> records;
  for (bool more = true; more && records.size() < audit.limit;) {
    const std::size_t limit = std::min(longest_page, audit.limit - records.size());
    const std::int64_t after = records.empty() ? 0 : records.back().id;
    GH_TRY(const std::string page, client.ask(wire::Method::get, target_of(audit, limit, after)));
    GH_TRY(more, add_page(records, page));
  }
  return records;
}

// Those that came behind the one with that id, the newest first.
Result<std::vector<ShownRecord>> since(AdminClient& client, const AuditOptions& audit, std::int64_t known) {
  std::vector<ShownRecord> records;
  for (bool more = true; more && (records.empty() || records.back().id > known);) {
    const std::int64_t after = records.empty() ? 0 : records.back().id;
    GH_TRY(const std::string page, client.ask(wire::Method::get, target_of(audit, records.empty() ? 100 : longest_page, after)));
    GH_TRY(more, add_page(records, page));
  }
  std::erase_if(records, [known](const ShownRecord& record) { return record.id <= known; });
  return records;
}

std::string as_list(const std::vector<ShownRecord>& records) {
  std::string all;
  wire::JsonWriter json(all);
  json.begin_list();
  for (const ShownRecord& record : records) json.raw(record.json);
  json.end_list();
  return all;
}

// A line each, as they come. with_head: the names of the record_columns, too.
void print_lines(const AdminOptions& options, const std::vector<ShownRecord>& records, bool with_head) {
  if (options.output == Output::json) {
    for (const ShownRecord& record : records) std::cout << json_for_terminal(record.json) << '\n';
  } else {
    const std::string table = table_as_text(as_list(records), record_columns);
    std::cout << (with_head ? table : table.substr(table.find('\n') + 1));
  }
  std::cout.flush();
}

// Until the server is gone, or whoever reads.
int follow(const AdminOptions& options, AdminClient& client, const AuditOptions& audit, std::int64_t known) {
  while (std::cout.good()) {
    let_pass(between_polls);
    Result<std::vector<ShownRecord>> records = since(client, audit, known);
    if (!records) return report(records.error());
    if (records->empty()) continue;
    known = records->front().id;
    std::ranges::reverse(*records);
    print_lines(options, *records, false);
  }
  return exit_well;
}

// Of the tenant of that number alone: another may have had its id before.
Status write_trail(AdminClient& client, const std::string& id, std::int64_t number) {
  AuditOptions audit;
  audit.tenant = id;
  std::int64_t after = 0;
  const char* between = "";
  for (bool more = true; more;) {
    GH_TRY(const std::string page, client.ask(wire::Method::get, target_of(audit, longest_page, after)));
    std::vector<ShownRecord> records;
    GH_TRY(more, add_page(records, page));
    for (const ShownRecord& record : records) {
      after = record.id;
      if (record.tenant_number != number) continue;
      std::cout << between << json_for_terminal(record.json);
      between = ",";
    }
  }
  return ok();
}

Error nothing_to_follow() {
  return operator_error("no_server",
                        "no server runs on this data folder, so nothing would come: `gatehouse audit tail` shows what there is");
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

Result<telemetry::CheckpointLines> checkpoints_in(const std::filesystem::path& path, const telemetry::AuditSealer& sealer,
                                                  const telemetry::CheckpointMark& mark) {
  std::ifstream in(path, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad()) return operator_error("checkpoints_unreadable", "'" + path.string() + "' cannot be read");
  return telemetry::read_checkpoints(file, sealer, mark);
}

// How far the store knows that the file has come.
Result<telemetry::CheckpointMark> mark_of(const std::string& data) {
  const std::string name(identity::AuditDesk::checkpoint_setting);
  GH_TRY(const std::optional<std::string> kept, adapters::read_setting(identity::store_file_of(data), name));
  return telemetry::parse_checkpoint_mark(kept.value_or(""));
}

// The mark is of the file that is read behind it, unless the server has begun a new one meanwhile: then both are looked at once more.
Result<telemetry::CheckpointLines> own_checkpoints(const std::string& data, const telemetry::AuditSealer& sealer) {
  const std::filesystem::path path = checkpoints_of(data);
  for (;;) {
    GH_TRY(const telemetry::CheckpointMark mark, mark_of(data));
    std::error_code failed;
    telemetry::CheckpointLines lines;
    lines.missing = std::filesystem::symlink_status(path, failed).type() == std::filesystem::file_type::not_found;
    if (lines.missing) return lines;
    GH_TRY(lines, checkpoints_in(path, sealer, mark));
    if (lines.first_lost == 0) return lines;
    GH_TRY(const telemetry::CheckpointMark still, mark_of(data));
    if (still == mark) return lines;
  }
}

// Those of the folder, or of a copy, which has to be there: whoever names it has it.
Result<telemetry::CheckpointLines> checkpoints_for(const std::string& data, const std::string& copy, const telemetry::AuditSealer& sealer) {
  return copy.empty() ? own_checkpoints(data, sealer) : checkpoints_in(copy, sealer, {});
}

// The checkpoints first: what they tell of is in the store already.
Result<Verified> verify(const std::string& data, const AuditOptions& audit) {
  GH_CHECK(must_be_initialised(data));
  GH_TRY(const telemetry::AuditSealer sealer, sealer_of(data));
  GH_TRY(telemetry::CheckpointLines lines, checkpoints_for(data, audit.checkpoints, sealer));
  const std::string& tenant = audit.tenant;
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
  if (fault.damage == telemetry::AuditDamage::checkpoint_file_cut) {
    return "the file of checkpoints has lost its end, from line " + number +
           " on, so nothing tells whether records at the end are gone, too: name a copy of it with --checkpoints";
  }
  if (fault.damage == telemetry::AuditDamage::checkpoint_file_missing) {
    return "the file of checkpoints is gone, so nothing tells whether records at the end are, too: name a copy of it with --checkpoints";
  }
  const std::string where =
      fault.chain.tenant.value().empty() ? "of nobody known" : "of the tenant '" + for_terminal(fault.chain.tenant.value()) + "'";
  return "record " + number + " " + where + " in the instance " + for_terminal(fault.chain.instance) + ": " +
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
  Result<AdminClient> client = open_client(options);
  if (!client) return report(client.error());
  const Result<std::vector<ShownRecord>> records = newest(*client, audit);
  return records ? print_list(options, as_list(*records), record_columns) : report(records.error());
}

int audit_tail(const AdminOptions& options, const AuditOptions& audit) {
  Result<AdminClient> client = open_client(options);
  if (!client) return report(client.error());
  if (audit.follow && !client->has_server()) return report(nothing_to_follow());
  Result<std::vector<ShownRecord>> records = newest(*client, audit);
  if (!records) return report(records.error());
  const std::int64_t known = records->empty() ? 0 : records->front().id;
  std::ranges::reverse(*records);
  if (!audit.follow) return print_list(options, as_list(*records), record_columns);
  print_lines(options, *records, true);
  return follow(options, *client, audit, known);
}

int tenant_export(const AdminOptions& options, const std::string& id) {
  Result<AdminClient> client = open_client(options);
  if (!client) return report(client.error());
  const Result<std::string> kept = client->ask(wire::Method::get, path_of("/api/admin/tenants", id, "/export"));
  if (!kept) return report(kept.error());
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(*kept);
  const auto tenant = root && root->is_object() ? root->find("tenant") : std::nullopt;
  std::cout << json_for_terminal(std::string_view(*kept).substr(0, kept->size() - 1)) << ",\"audit\":[";
  const Status written = write_trail(*client, id, tenant ? whole_number(*tenant, "number") : 0);
  if (!written) return report(written.error());
  std::cout << "]}\n";
  return exit_well;
}

int audit_verify(const AdminOptions& options, const AuditOptions& audit) {
  const Result<Verified> verified = verify(options.data, audit);
  if (!verified) return report(verified.error());
  std::cout << (options.output == Output::json ? json_for_terminal(as_json(*verified)) : as_text(*verified));
  return verified->verdict.ok() ? exit_well : exit_failed;
}

}  // namespace gatehouse::app
