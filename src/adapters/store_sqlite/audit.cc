#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "audit_rows.h"
#include "columns.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using telemetry::AuditChain;
using telemetry::AuditHead;
using telemetry::AuditRecord;
using telemetry::AuditRow;

constexpr const char* select_head = GH_AUDIT_HEADS "WHERE tenant_number = ?1 AND tenant_id = ?2 AND instance = ?3";
constexpr const char* select_heads = GH_AUDIT_HEADS "WHERE ?1 = '' OR instance = ?1";
constexpr const char* select_chains_by_number = "SELECT id FROM audit_chains WHERE tenant_number = ?1";
constexpr const char* select_chains_by_tenant = "SELECT id FROM audit_chains WHERE tenant_id = ?1";
constexpr const char* insert_chain =
    "INSERT INTO audit_chains (tenant_number, tenant_id, instance, records, head) VALUES (?1, ?2, ?3, 0, zeroblob(32))";
constexpr const char* update_head = "UPDATE audit_chains SET records = ?2, head = ?3 WHERE id = ?1";
constexpr const char* insert_row =
    "INSERT INTO audit (chain, sequence, time_us, user_id, key_id, action, route, resource_type, resource_id, outcome, rule, request_id, "
    "address, model, task, finish, status, prompt_tokens, completion_tokens, count, seal) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";
// The index of a chain holds its rows in the order of their numbers.
#define GH_AUDIT_FILTER                                                                                       \
  "(?1 IS NULL OR a.user_id = ?1) AND (?2 IS NULL OR a.key_id = ?2) AND (?3 IS NULL OR a.time_us >= ?3) AND " \
  "(?4 IS NULL OR a.time_us < ?4) AND a.number < ?7 "
#define GH_AUDIT_PAGE "ORDER BY a.number DESC LIMIT ?5 OFFSET ?6"
constexpr const char* select_rows = GH_AUDIT_ROWS "WHERE " GH_AUDIT_FILTER GH_AUDIT_PAGE;
constexpr const char* select_rows_of_chain = GH_AUDIT_ROWS "WHERE a.chain = ?8 AND " GH_AUDIT_FILTER GH_AUDIT_PAGE;

constexpr const char* insert_content =
    "INSERT INTO audit_contents (tenant_number, request_id, time_us, text) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
constexpr const char* select_content = "SELECT text FROM audit_contents WHERE tenant_number = ?1 AND request_id = ?2 AND time_us = ?3";
constexpr const char* delete_contents = "DELETE FROM audit_contents WHERE time_us < ?1";

// A chain while rows are appended to it.
struct OpenChain {
  std::int64_t id = 0;
  AuditHead head;
};

Result<OpenChain> open_chain(Database& database, AuditChain chain) {
  OpenChain open;
  open.head.chain = std::move(chain);
  const AuditChain& wanted = open.head.chain;
  {
    Statement found = database.prepare(select_head);
    found.bind(wanted.tenant_number, wanted.tenant.value(), wanted.instance);
    GH_TRY(const Step step, found.step());
    if (step == Step::row) {
      GH_TRY(open.head, audit_head_of(found));
      open.id = found.integer(5);
      return open;
    }
  }
  GH_CHECK(database.prepare(insert_chain).bind(wanted.tenant_number, wanted.tenant.value(), wanted.instance).run());
  open.id = database.last_number();
  return open;
}

Status insert_record(Database& database, std::int64_t chain, const AuditRow& row) {
  const AuditRecord& record = row.record;
  return database.prepare(insert_row)
      .bind(chain, row.sequence, record.time.time_since_epoch().count(), record.user, record.key, record.action, record.route,
            record.resource_type, record.resource_id, record.outcome, record.rule, record.request_id, record.address, record.model,
            record.task, record.finish, record.status, record.prompt_tokens, record.completion_tokens, record.count, bytes_of(row.seal))
      .run();
}

Result<std::int64_t> id_of(const Statement& row) { return row.integer(0); }

std::optional<std::int64_t> number_of(const std::optional<telemetry::AuditTime>& time) {
  return time ? std::optional<std::int64_t>(time->time_since_epoch().count()) : std::nullopt;
}

struct Slice {
  std::size_t offset, limit;
};

Result<std::vector<AuditRow>> rows_of(Database& database, const store::AuditQuery& query, std::optional<std::int64_t> chain, Slice slice) {
  Statement found = database.prepare(chain ? select_rows_of_chain : select_rows);
  const auto since = number_of(query.since), until = number_of(query.until);
  const auto limit = static_cast<std::int64_t>(slice.limit), offset = static_cast<std::int64_t>(slice.offset);
  const std::int64_t after = query.after.value_or(std::numeric_limits<std::int64_t>::max());
  chain ? found.bind(query.user, query.key, since, until, limit, offset, after, *chain)
        : found.bind(query.user, query.key, since, until, limit, offset, after);
  return all_rows(found, &audit_row_of);
}

Result<std::vector<std::int64_t>> chains_of(Database& database, const store::AuditQuery& query) {
  Statement found = database.prepare(query.tenant_number ? select_chains_by_number : select_chains_by_tenant);
  query.tenant_number ? found.bind(*query.tenant_number) : found.bind(query.tenant->value());
  return all_rows(found, &id_of);
}

// One more than the page holds, where there are more. A tenant has a chain for each instance that it was served by, most often one.
Result<std::vector<AuditRow>> rows_for(Database& database, const store::AuditQuery& query) {
  const Slice page{query.offset, query.limit + 1};
  if (!query.tenant_number && !query.tenant) return rows_of(database, query, std::nullopt, page);
  GH_TRY(const std::vector<std::int64_t> chains, chains_of(database, query));
  if (chains.size() == 1) return rows_of(database, query, chains.front(), page);
  std::vector<AuditRow> rows;
  for (const std::int64_t chain : chains) {
    GH_TRY(std::vector<AuditRow> some, rows_of(database, query, chain, Slice{0, page.offset + page.limit}));
    std::ranges::move(some, std::back_inserter(rows));
  }
  std::ranges::sort(rows, std::greater(), &AuditRow::number);
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(page.offset, rows.size())));
  return rows;
}

Status insert_contents(Database& database, const std::vector<telemetry::AuditContent>& contents) {
  for (const telemetry::AuditContent& content : contents) {
    Statement inserted = database.prepare(insert_content);
    inserted.bind(content.tenant_number, content.request_id, content.time.time_since_epoch().count(), content.text);
    GH_CHECK(inserted.run());
  }
  return ok();
}

Status add_contents(Database& database, std::vector<AuditRow>& rows) {
  for (AuditRow& row : rows) {
    const AuditRecord& record = row.record;
    if (record.request_id.empty()) continue;
    Statement found = database.prepare(select_content);
    found.bind(record.tenant_number, record.request_id, record.time.time_since_epoch().count());
    GH_TRY(const Step step, found.step());
    if (step == Step::row) row.content = found.text(0);
  }
  return ok();
}

}  // namespace

Status append_audit(Database& database, const telemetry::AuditSealer& sealer, const std::vector<AuditRecord>& records) {
  std::map<AuditChain, OpenChain> chains;
  for (const AuditRecord& record : records) {
    AuditChain id(record.tenant_number, record.tenant, sealer.instance());
    auto chain = chains.find(id);
    if (chain == chains.end()) {
      GH_TRY(OpenChain opened, open_chain(database, id));
      chain = chains.emplace(std::move(id), std::move(opened)).first;
    }
    OpenChain& open = chain->second;
    const AuditRow row = sealer.append(open.head, record);
    GH_CHECK(insert_record(database, open.id, row));
    if (record.intent != 0) GH_CHECK(end_audit_intent(database, record.intent));
    open.head.count = row.sequence;
    open.head.seal = row.seal;
  }
  for (const auto& [id, open] : chains) {
    GH_CHECK(database.prepare(update_head).bind(open.id, open.head.count, bytes_of(open.head.seal)).run());
  }
  return ok();
}

telemetry::AuditSeal audit_seal_of(std::string_view bytes) {
  telemetry::AuditSeal seal{};
  if (bytes.size() == seal.size()) std::ranges::transform(bytes, seal.begin(), [](char c) { return static_cast<unsigned char>(c); });
  return seal;
}

Result<AuditHead> audit_head_of(const Statement& row) {
  AuditHead head;
  head.chain = AuditChain(static_cast<std::uint32_t>(row.integer(0)), TenantId(row.text(1)), row.text(2));
  head.count = static_cast<std::uint64_t>(row.integer(3));
  head.seal = audit_seal_of(row.text(4));
  return head;
}

Result<AuditRow> audit_row_of(const Statement& row) {
  AuditRow read;
  read.number = row.integer(0);
  read.instance = row.text(3);
  read.sequence = static_cast<std::uint64_t>(row.integer(4));
  AuditRecord& record = read.record;
  record.tenant_number = static_cast<std::uint32_t>(row.integer(1));
  record.tenant = TenantId(row.text(2));
  record.time = telemetry::AuditTime(std::chrono::microseconds(row.integer(5)));
  int column = 6;
  for (std::string* text :
       {&record.user, &record.key, &record.action, &record.route, &record.resource_type, &record.resource_id, &record.outcome, &record.rule,
        &record.request_id, &record.address, &record.model, &record.task, &record.finish}) {
    *text = row.text(column++);
  }
  record.status = static_cast<int>(row.integer(column++));
  for (std::uint64_t* number : {&record.prompt_tokens, &record.completion_tokens, &record.count}) {
    *number = static_cast<std::uint64_t>(row.integer(column++));
  }
  read.seal = audit_seal_of(row.text(column));
  return read;
}

Task<Status> SqliteAuditStore::append(Reactor& reactor, std::shared_ptr<const telemetry::AuditSealer> sealer,
                                      std::vector<AuditRecord> records) {
  DatabaseWork<std::monostate> work = [sealer = std::move(sealer), records = std::move(records)](Database& database) {
    return append_audit(database, *sealer, records);
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Status> SqliteAuditStore::keep(Reactor& reactor, std::vector<telemetry::AuditContent> contents) {
  DatabaseWork<std::monostate> work = [contents = std::move(contents)](Database& database) { return insert_contents(database, contents); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Status> SqliteAuditStore::drop_contents(Reactor& reactor, telemetry::AuditTime before) {
  DatabaseWork<std::monostate> work = [before](Database& database) {
    return database.prepare(delete_contents).bind(before.time_since_epoch().count()).run();
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<store::Page<AuditRow>>> SqliteAuditStore::list(Reactor& reactor, store::AuditQuery query) {
  DatabaseWork<store::Page<AuditRow>> work = [query = std::move(query)](Database& database) -> Result<store::Page<AuditRow>> {
    GH_TRY(std::vector<AuditRow> rows, rows_for(database, query));
    if (query.with_content) GH_CHECK(add_contents(database, rows));
    return page_of(std::move(rows), query.limit);
  };
  return connections_.read<store::Page<AuditRow>>(reactor, std::move(work));
}

Task<Result<std::vector<AuditHead>>> SqliteAuditStore::heads(Reactor& reactor, std::string instance) {
  DatabaseWork<std::vector<AuditHead>> work = [instance = std::move(instance)](Database& database) {
    Statement found = database.prepare(select_heads);
    found.bind(instance);
    return all_rows(found, &audit_head_of);
  };
  return connections_.read<std::vector<AuditHead>>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
