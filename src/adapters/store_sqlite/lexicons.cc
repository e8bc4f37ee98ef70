#include "columns.h"
#include "gatehouse/store/checks.h"
#include "stores.h"

namespace gatehouse::adapters {
namespace {

using store::KeptLexicon;

constexpr const char* select_tenant_number = "SELECT number FROM tenants WHERE id = ?1";
constexpr const char* select_lexicon = "SELECT tenant_number, text, changed_s FROM lexicons WHERE tenant_number = ?1";
constexpr const char* select_all_lexicons = "SELECT tenant_number, text, changed_s FROM lexicons ORDER BY tenant_number";
constexpr const char* put_lexicon =
    "INSERT INTO lexicons (tenant_number, text, changed_s) VALUES (?1, ?2, ?3) "
    "ON CONFLICT DO UPDATE SET text = excluded.text, changed_s = excluded.changed_s";
constexpr const char* delete_lexicon = "DELETE FROM lexicons WHERE tenant_number = ?1";

Result<std::uint32_t> number_of_tenant(Database& database, const TenantId& tenant) {
  Statement found = database.prepare(select_tenant_number);
  GH_TRY(const Step step, found.bind(tenant.value()).step());
  if (step != Step::row) return store::tenant_not_found();
  return static_cast<std::uint32_t>(found.integer(0));
}

Result<KeptLexicon> lexicon_of(const Statement& row) {
  KeptLexicon lexicon;
  lexicon.tenant_number = static_cast<std::uint32_t>(row.integer(0));
  lexicon.text = row.text(1);
  lexicon.changed = row.moment(2);
  return lexicon;
}

}  // namespace

Task<Result<std::vector<KeptLexicon>>> SqliteLexiconStore::all(Reactor& reactor) {
  DatabaseWork<std::vector<KeptLexicon>> work = [](Database& database) {
    Statement found = database.prepare(select_all_lexicons);
    return all_rows(found, &lexicon_of);
  };
  return connections_.read<std::vector<KeptLexicon>>(reactor, std::move(work));
}

Task<Result<std::optional<KeptLexicon>>> SqliteLexiconStore::find(Reactor& reactor, TenantId tenant) {
  using MaybeLexicon = std::optional<KeptLexicon>;
  DatabaseWork<MaybeLexicon> work = [tenant = std::move(tenant)](Database& database) -> Result<MaybeLexicon> {
    GH_TRY(const std::uint32_t number, number_of_tenant(database, tenant));
    Statement found = database.prepare(select_lexicon);
    GH_TRY(const Step step, found.bind(number).step());
    if (step != Step::row) return MaybeLexicon();
    GH_TRY(KeptLexicon lexicon, lexicon_of(found));
    return MaybeLexicon(std::move(lexicon));
  };
  return connections_.read<MaybeLexicon>(reactor, std::move(work));
}

Task<Result<KeptLexicon>> SqliteLexiconStore::put(Reactor& reactor, TenantId tenant, std::string text, store::Moment at) {
  DatabaseWork<KeptLexicon> work = [tenant = std::move(tenant), text = std::move(text), at](Database& database) -> Result<KeptLexicon> {
    KeptLexicon lexicon;
    GH_TRY(lexicon.tenant_number, number_of_tenant(database, tenant));
    lexicon.text = text;
    lexicon.changed = at;
    GH_CHECK(database.prepare(put_lexicon).bind(lexicon.tenant_number, lexicon.text, lexicon.changed).run());
    return lexicon;
  };
  return connections_.write<KeptLexicon>(reactor, std::move(work));
}

Task<Result<std::uint32_t>> SqliteLexiconStore::remove(Reactor& reactor, TenantId tenant) {
  DatabaseWork<std::uint32_t> work = [tenant = std::move(tenant)](Database& database) -> Result<std::uint32_t> {
    GH_TRY(const std::uint32_t number, number_of_tenant(database, tenant));
    GH_CHECK(database.prepare(delete_lexicon).bind(number).run());
    return number;
  };
  return connections_.write<std::uint32_t>(reactor, std::move(work));
}

}  // namespace gatehouse::adapters
