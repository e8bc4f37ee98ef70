#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::Ticket;

constexpr const char* new_ticket =
    "INSERT INTO tickets (digest, kind, tenant_id, user_id, role, email, created_s, expires_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr const char* ticket_of_digest =
    "SELECT kind, digest, tenant_id, user_id, role, email, created_s, expires_s FROM tickets WHERE digest = ?1 AND kind = ?2 AND expires_s "
    "> ?3";
constexpr const char* any_tenant = "SELECT 1 FROM tenants WHERE id = ?1";
constexpr const char* delete_ticket = "DELETE FROM tickets WHERE digest = ?1";
constexpr const char* delete_tickets_of_user = "DELETE FROM tickets WHERE user_id = ?1";
constexpr const char* delete_expired_tickets = "DELETE FROM tickets WHERE expires_s <= ?1";

Result<Ticket> ticket_of(const Statement& row) {
  const std::optional<store::TicketKind> kind = store::parse_ticket_kind(row.text(0));
  if (!kind) return unreadable("no kind of ticket", row.text(0));
  GH_TRY(const store::Digest digest, digest_of(row.text(1)));
  Ticket ticket(*kind, digest, TenantId(row.text(2)));
  if (!row.is_null(3)) ticket.user = store::UserId(row.text(3));
  ticket.role = row.text(4);
  ticket.email = row.text(5);
  ticket.created = row.moment(6);
  ticket.expires = row.moment(7);
  return ticket;
}

Result<Ticket> find_ticket(Database& database, store::TicketKind kind, const store::Digest& digest, store::Moment now) {
  Statement found = database.prepare(ticket_of_digest);
  found.bind(bytes_of(digest), store::to_string(kind), now);
  return only_row(found, &ticket_of, &store::ticket_not_found);
}

Status add_ticket(Database& database, const Ticket& ticket) {
  GH_CHECK(store::check(ticket));
  const std::optional<std::string> user = ticket.user ? std::optional(ticket.user->value()) : std::nullopt;
  if (user) GH_CHECK(database.prepare(delete_tickets_of_user).bind(*user).run());
  Statement tenant = database.prepare(any_tenant);
  GH_TRY(const Step found, tenant.bind(ticket.tenant.value()).step());
  if (found != Step::row) return store::tenant_not_found();
  Statement inserted = database.prepare(new_ticket);
  inserted.bind(bytes_of(ticket.digest), store::to_string(ticket.kind), ticket.tenant.value(), user, ticket.role, ticket.email,
                ticket.created, ticket.expires);
  GH_TRY(const Step step, inserted.step());
  if (step == Step::orphan) return store::user_not_found();
  GH_ASSERT(step == Step::done);  // digests are of random secrets
  return ok();
}

Result<Ticket> take_ticket(Database& database, store::TicketKind kind, const store::Digest& digest, store::Moment now) {
  GH_TRY(Ticket ticket, find_ticket(database, kind, digest, now));
  GH_CHECK(database.prepare(delete_ticket).bind(bytes_of(digest)).run());
  return ticket;
}

}  // namespace

Task<Status> SqliteTicketStore::add(Reactor& reactor, Ticket ticket) {
  DatabaseWork<std::monostate> work = [ticket = std::move(ticket)](Database& database) { return add_ticket(database, ticket); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<Ticket>> SqliteTicketStore::find(Reactor& reactor, store::TicketKind kind, store::Digest digest, store::Moment now) {
  DatabaseWork<Ticket> work = [kind, digest, now](Database& database) { return find_ticket(database, kind, digest, now); };
  return connections_.read<Ticket>(reactor, std::move(work));
}

Task<Result<Ticket>> SqliteTicketStore::take(Reactor& reactor, store::TicketKind kind, store::Digest digest, store::Moment now) {
  DatabaseWork<Ticket> work = [kind, digest, now](Database& database) { return take_ticket(database, kind, digest, now); };
  return connections_.write<Ticket>(reactor, std::move(work));
}

Task<Status> SqliteTicketStore::drop_expired(Reactor& reactor, store::Moment now) {
  DatabaseWork<std::monostate> work = [now](Database& database) { return database.prepare(delete_expired_tickets).bind(now).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
