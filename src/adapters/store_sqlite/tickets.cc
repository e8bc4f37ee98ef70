#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::Ticket;

constexpr const char* new_ticket =
    "INSERT INTO tickets (digest, kind, tenant_id, user_id, role, email, created_s, expires_s, own_role, id, issuer, issuer_key, "
    "giver_tenant, giver_issuer, giver_kind, giver_id, giver_issued_s, giver_platform) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

#define GH_SELECT_TICKETS                                                                                                         \
  "SELECT kind, digest, tenant_id, user_id, coalesce((SELECT name FROM roles WHERE number = own_role), role), email, created_s, " \
  "expires_s, id, issuer, issuer_key, giver_tenant, giver_issuer, giver_kind, giver_id, giver_issued_s, giver_platform FROM tickets "

constexpr const char* ticket_of_digest = GH_SELECT_TICKETS "WHERE digest = ?1 AND kind = ?2 AND expires_s > ?3";
constexpr const char* page_of_tickets =
    GH_SELECT_TICKETS "WHERE kind = ?5 AND expires_s > ?1 AND id > ?2 AND (?4 IS NULL OR tenant_id = ?4) ORDER BY id LIMIT ?3";
constexpr const char* ticket_of_id = GH_SELECT_TICKETS "WHERE kind = ?3 AND id = ?1 AND (?2 IS NULL OR tenant_id = ?2)";

#undef GH_SELECT_TICKETS

constexpr const char* any_tenant = "SELECT 1 FROM tenants WHERE id = ?1";
constexpr const char* delete_ticket = "DELETE FROM tickets WHERE digest = ?1";
constexpr const char* delete_tickets_of_user = "DELETE FROM tickets WHERE user_id = ?1";
constexpr const char* delete_expired_tickets = "DELETE FROM tickets WHERE expires_s <= ?1";

constexpr int first_giver_column = 11;

Result<std::optional<store::TokenGiver>> giver_of(const Statement& row) {
  if (row.is_null(first_giver_column)) return std::optional<store::TokenGiver>();
  const std::optional<store::RevocationKind> kind = store::parse_revocation_kind(row.text(first_giver_column + 2));
  if (!kind) return unreadable("no kind of giver", row.text(first_giver_column + 2));
  store::TokenGiver giver(TenantId(row.text(first_giver_column)), *kind, row.text(first_giver_column + 3),
                          row.moment(first_giver_column + 4));
  giver.issuer = row.text(first_giver_column + 1);
  giver.platform = row.truth(first_giver_column + 5);
  return std::optional(std::move(giver));
}

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
  ticket.id = row.text(8);
  if (!row.is_null(9)) ticket.issuer = store::UserId(row.text(9));
  if (!row.is_null(10)) ticket.issuer_key = KeyId(row.text(10));
  GH_TRY(ticket.issuer_token, giver_of(row));
  return ticket;
}

Result<Ticket> find_ticket(Database& database, store::TicketKind kind, const store::Digest& digest, store::Moment now) {
  Statement found = database.prepare(ticket_of_digest);
  found.bind(bytes_of(digest), store::to_string(kind), now);
  return only_row(found, &ticket_of, &store::ticket_not_found);
}

template <class Id>
std::optional<std::string> text_or_null(const std::optional<Id>& id) {
  return id ? std::optional(id->value()) : std::nullopt;
}

// What a ticket says of the token that it was given with, as columns.
struct GiverColumns {
  explicit GiverColumns(const Ticket& ticket) {
    if (!ticket.issuer_token) return;
    const store::TokenGiver& giver = *ticket.issuer_token;
    tenant = giver.tenant.value();
    issuer = giver.issuer;
    kind = store::to_string(giver.kind);
    id = giver.id;
    issued = giver.issued;
    platform = giver.platform;
  }
  std::optional<std::string> tenant, issuer, kind, id;
  std::optional<store::Moment> issued;
  std::optional<std::int64_t> platform;
};

Status add_ticket(Database& database, const Ticket& ticket) {
  GH_CHECK(store::check(ticket));
  const std::optional<std::string> user = text_or_null(ticket.user);
  if (user) GH_CHECK(database.prepare(delete_tickets_of_user).bind(*user).run());
  Statement tenant = database.prepare(any_tenant);
  GH_TRY(const Step found, tenant.bind(ticket.tenant.value()).step());
  if (found != Step::row) return store::tenant_not_found();
  GH_TRY(const std::optional<std::int64_t> own_role, own_role_number(database, ticket.tenant, ticket.role));
  const GiverColumns giver(ticket);
  Statement inserted = database.prepare(new_ticket);
  inserted.bind(bytes_of(ticket.digest), store::to_string(ticket.kind), ticket.tenant.value(), user, built_in_part(ticket.role),
                ticket.email, ticket.created, ticket.expires, own_role, ticket.id, text_or_null(ticket.issuer),
                text_or_null(ticket.issuer_key), giver.tenant, giver.issuer, giver.kind, giver.id, giver.issued, giver.platform);
  GH_TRY(const Step step, inserted.step());
  if (step == Step::orphan) return store::user_not_found();
  GH_ASSERT(step == Step::done);  // digests are of random secrets
  return ok();
}

Result<Ticket> ticket_named(Database& database, store::TicketKind kind, const store::Reach& reach, const std::string& id) {
  Statement found = database.prepare(ticket_of_id);
  found.bind(id, tenant_id_of(reach), store::to_string(kind));
  return only_row(found, &ticket_of, &store::ticket_not_found);
}

Result<Ticket> remove_ticket(Database& database, store::TicketKind kind, const store::Reach& reach, const std::string& id) {
  GH_TRY(Ticket ticket, ticket_named(database, kind, reach, id));
  GH_CHECK(database.prepare(delete_ticket).bind(bytes_of(ticket.digest)).run());
  return ticket;
}

Result<store::Page<Ticket>> list_tickets(Database& database, const store::TicketQuery& query) {
  Statement found = database.prepare(page_of_tickets);
  found.bind(query.now, query.after, one_more_than(query.limit), tenant_id_of(query.reach), store::to_string(query.kind));
  GH_TRY(std::vector<Ticket> tickets, all_rows(found, &ticket_of));
  return page_of(std::move(tickets), query.limit);
}

}  // namespace

Result<Ticket> redeem_ticket(Database& database, const store::Redemption& redemption) {
  GH_TRY(Ticket ticket, find_ticket(database, redemption.kind, redemption.digest, redemption.now));
  GH_CHECK(database.prepare(delete_ticket).bind(bytes_of(redemption.digest)).run());
  return ticket;
}

Task<Status> SqliteTicketStore::add(Reactor& reactor, Ticket ticket) {
  DatabaseWork<std::monostate> work = [ticket = std::move(ticket)](Database& database) { return add_ticket(database, ticket); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

Task<Result<Ticket>> SqliteTicketStore::find(Reactor& reactor, store::TicketKind kind, store::Digest digest, store::Moment now) {
  DatabaseWork<Ticket> work = [kind, digest, now](Database& database) { return find_ticket(database, kind, digest, now); };
  return connections_.read<Ticket>(reactor, std::move(work));
}

Task<Result<store::Page<Ticket>>> SqliteTicketStore::list(Reactor& reactor, store::TicketQuery query) {
  DatabaseWork<store::Page<Ticket>> work = [query = std::move(query)](Database& database) { return list_tickets(database, query); };
  return connections_.read<store::Page<Ticket>>(reactor, std::move(work));
}

Task<Result<Ticket>> SqliteTicketStore::find_by_id(Reactor& reactor, store::TicketKind kind, store::Reach reach, std::string id) {
  DatabaseWork<Ticket> work = [kind, reach = std::move(reach), id = std::move(id)](Database& database) {
    return ticket_named(database, kind, reach, id);
  };
  return connections_.read<Ticket>(reactor, std::move(work));
}

Task<Result<Ticket>> SqliteTicketStore::remove(Reactor& reactor, store::TicketKind kind, store::Reach reach, std::string id) {
  DatabaseWork<Ticket> work = [kind, reach = std::move(reach), id = std::move(id)](Database& database) {
    return remove_ticket(database, kind, reach, id);
  };
  return connections_.write<Ticket>(reactor, std::move(work));
}

Task<Status> SqliteTicketStore::drop_expired(Reactor& reactor, store::Moment now) {
  DatabaseWork<std::monostate> work = [now](Database& database) { return database.prepare(delete_expired_tickets).bind(now).run(); };
  return connections_.write<std::monostate>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
