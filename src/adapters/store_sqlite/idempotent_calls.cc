#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::IdempotentCall;
using Found = std::optional<IdempotentCall>;

constexpr const char* new_call =
    "INSERT INTO idempotent_calls (id, request, tenant_number, state, expires_s) VALUES (?1, ?2, ?3, 'in_flight', ?4)";
constexpr const char* call_of_id =
    "SELECT id, request, tenant_number, expires_s, state, coalesce(sealed_answer, x'') FROM idempotent_calls "
    "WHERE id = ?1 AND expires_s > ?2";
constexpr const char* delete_expired_call = "DELETE FROM idempotent_calls WHERE id = ?1 AND expires_s <= ?2";
// More than come in, as nonces do.
constexpr const char* delete_some_calls =
    "DELETE FROM idempotent_calls WHERE id IN (SELECT id FROM idempotent_calls WHERE expires_s <= ?1 ORDER BY expires_s LIMIT 4)";
constexpr const char* delete_expired_calls = "DELETE FROM idempotent_calls WHERE expires_s <= ?1";
constexpr const char* delete_in_flight = "DELETE FROM idempotent_calls WHERE id = ?1 AND state = 'in_flight'";
constexpr const char* delete_all_in_flight = "DELETE FROM idempotent_calls WHERE state = 'in_flight'";
constexpr const char* calls_of_tenant = "SELECT coalesce((SELECT calls FROM idempotent_sums WHERE tenant_number = ?1), 0)";
constexpr const char* room_left =
    "SELECT ?2 - coalesce((SELECT bytes FROM idempotent_sums WHERE tenant_number = (SELECT tenant_number FROM idempotent_calls "
    "WHERE id = ?1)), 0), ?3 - (SELECT bytes FROM idempotent_sums WHERE tenant_number = 0)";
constexpr const char* answered_call =
    "UPDATE idempotent_calls SET state = 'answered', sealed_answer = ?2 WHERE id = ?1 AND state = 'in_flight'";
constexpr const char* ended_call = "UPDATE idempotent_calls SET state = ?2 WHERE id = ?1 AND state = 'in_flight'";

Result<IdempotentCall> call_of(const Statement& row) {
  GH_TRY(const store::Digest id, digest_of(row.text(0)));
  GH_TRY(const store::Digest request, digest_of(row.text(1)));
  IdempotentCall call(id, request, static_cast<std::uint32_t>(row.integer(2)), row.moment(3));
  const std::optional<store::CallState> state = store::parse_call_state(row.text(4));
  if (!state) return unreadable("no state of a call", row.text(4));
  call.state = *state;
  call.sealed_answer = row.text(5);
  return call;
}

Result<Found> find_call(Database& database, const store::Digest& id, store::Moment now) {
  Statement found = database.prepare(call_of_id);
  found.bind(bytes_of(id), now);
  GH_TRY(const Step step, found.step());
  if (step != Step::row) return Found();
  GH_TRY(IdempotentCall call, call_of(found));
  return Found(std::move(call));
}

Result<std::int64_t> count_calls(Database& database, std::uint32_t tenant) {
  Statement counted = database.prepare(calls_of_tenant);
  GH_TRY(const Step step, counted.bind(tenant).step());
  GH_ASSERT(step == Step::row);
  return counted.integer(0);
}

Result<Found> begin_call(Database& database, const IdempotentCall& call, store::Moment now, std::size_t most) {
  GH_CHECK(store::check(call));
  GH_CHECK(database.prepare(delete_expired_call).bind(bytes_of(call.id), now).run());
  GH_TRY(Found earlier, find_call(database, call.id, now));
  if (earlier) return earlier;
  GH_CHECK(database.prepare(delete_some_calls).bind(now).run());
  GH_TRY(const std::int64_t kept, count_calls(database, call.tenant_number));
  if (kept >= static_cast<std::int64_t>(most)) return store::too_many_idempotent_calls();
  Statement inserted = database.prepare(new_call);
  GH_TRY(const Step step, inserted.bind(bytes_of(call.id), bytes_of(call.request), call.tenant_number, call.expires).step());
  if (step == Step::orphan) return store::tenant_not_found();
  return Found();
}

// Of what it may take of its tenant's and of all room, the less.
Result<std::int64_t> room_for(Database& database, const store::Digest& id, const store::AnswerRoom& room) {
  Statement left = database.prepare(room_left);
  GH_TRY(const Step step, left.bind(bytes_of(id), room.of_tenant, room.of_all).step());
  GH_ASSERT(step == Step::row);
  return std::min(left.integer(0), left.integer(1));
}

Status answer_call(Database& database, const store::Digest& id, const std::string& sealed, const store::AnswerRoom& room) {
  GH_CHECK(store::check_sealed_answer(sealed));
  GH_TRY(const std::int64_t left, room_for(database, id, room));
  if (static_cast<std::int64_t>(sealed.size()) > left) return end_idempotent_call(database, id, store::CallState::unkept);
  return database.prepare(answered_call).bind(bytes_of(id), Bytes(sealed)).run();
}

}  // namespace

Status end_idempotent_call(Database& database, const store::Digest& id, store::CallState state) {
  return database.prepare(ended_call).bind(bytes_of(id), store::to_string(state)).run();
}

Task<Result<Found>> SqliteIdempotentCallStore::begin(Reactor& reactor, IdempotentCall call, store::Moment now, std::size_t most) {
  DatabaseWork<Found> work = [call = std::move(call), now, most](Database& database) { return begin_call(database, call, now, most); };
  return connections_.write<Found>(reactor, std::move(work));
}

Task<Result<Found>> SqliteIdempotentCallStore::find(Reactor& reactor, store::Digest id, store::Moment now) {
  DatabaseWork<Found> work = [id, now](Database& database) { return find_call(database, id, now); };
  return connections_.read<Found>(reactor, std::move(work));
}

Task<Status> SqliteIdempotentCallStore::answer(Reactor& reactor, store::Digest id, std::string sealed_answer, store::AnswerRoom room) {
  DatabaseWork<std::monostate> work = [id, sealed = std::move(sealed_answer), room](Database& database) {
    return answer_call(database, id, sealed, room);
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Status> SqliteIdempotentCallStore::end(Reactor& reactor, store::Digest id, store::CallState state) {
  DatabaseWork<std::monostate> work = [id, state](Database& database) -> Status {
    const bool ends = state == store::CallState::unkept || state == store::CallState::broken_off;
    return ends ? end_idempotent_call(database, id, state) : Status(store::record_invalid("state", "must be unkept or broken_off"));
  };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Status> SqliteIdempotentCallStore::take_back(Reactor& reactor, store::Digest id) {
  DatabaseWork<std::monostate> work = [id](Database& database) { return database.prepare(delete_in_flight).bind(bytes_of(id)).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<std::size_t>> SqliteIdempotentCallStore::take_back_all(Reactor& reactor) {
  DatabaseWork<std::size_t> work = [](Database& database) -> Result<std::size_t> {
    GH_CHECK(database.prepare(delete_all_in_flight).run());
    return static_cast<std::size_t>(database.changed());
  };
  return connections_.write<std::size_t>(reactor, std::move(work));
}

Task<Status> SqliteIdempotentCallStore::drop_expired(Reactor& reactor, store::Moment now) {
  DatabaseWork<std::monostate> work = [now](Database& database) { return database.prepare(delete_expired_calls).bind(now).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
