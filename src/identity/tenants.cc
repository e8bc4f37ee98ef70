#include "gatehouse/identity/tenants.h"

#include <algorithm>
#include <utility>

#include "gatehouse/store/errors.h"

namespace gatehouse::identity {
namespace {

constexpr std::size_t longest_id = 63;

bool is_id(std::string_view text) {
  const auto letter_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= longest_id && letter_or_digit(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

Status check_id(const TenantId& id) {
  if (id.value() == reserved_tenant) {
    return caller_error("tenant_id_invalid", "The tenant 'system' is reserved: choose another id").with_param("tenant_id");
  }
  if (is_id(id.value())) return ok();
  return caller_error("tenant_id_invalid",
                      "A tenant's id is 1 to 63 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit, such as tenant-001")
      .with_param("tenant_id");
}

Status check_lifetime(seconds lifetime) {
  if (lifetime > seconds(0) && lifetime <= longest_token_lifetime) return ok();
  return caller_error("token_lifetime_invalid", "A token lives for at least a second and at most 366 days").with_param("token_lifetime");
}

}  // namespace

Status apply(const TenantWish& wish, store::Tenant& tenant) {
  if (wish.tasks) GH_CHECK(check_tasks(*wish.tasks));
  if (wish.scopes) GH_CHECK(check_grantable(*wish.scopes, tenant.id));
  if (wish.token_lifetime) GH_CHECK(check_lifetime(*wish.token_lifetime));
  if (wish.quota_per_day && *wish.quota_per_day < 0) {
    return caller_error("quota_invalid", "A quota is not negative").with_param("quota_per_day");
  }
  tenant.enabled = wish.enabled.value_or(tenant.enabled);
  tenant.console = wish.console.value_or(tenant.console);
  tenant.quota_per_day = wish.quota_per_day.value_or(tenant.quota_per_day);
  tenant.tasks = wish.tasks.value_or(std::move(tenant.tasks));
  tenant.models = wish.models.value_or(std::move(tenant.models));
  tenant.scopes = wish.scopes.value_or(std::move(tenant.scopes));
  tenant.token_lifetime = wish.token_lifetime.value_or(tenant.token_lifetime);
  tenant.signatures = wish.signatures.value_or(tenant.signatures);
  tenant.weight = wish.weight.value_or(tenant.weight);
  tenant.time_zone = wish.time_zone.value_or(std::move(tenant.time_zone));
  return ok();
}

Task<Result<RegisteredTenant>> Tenants::add(Reactor& reactor, TenantId id, TenantWish wish) const {
  store::Tenant tenant(std::move(id));
  tenant.quota_per_day = usual_quota_;
  tenant.tasks = all_tasks();
  tenant.models = {"*"};
  tenant.scopes = usual_scopes().names();
  tenant.created = std::chrono::floor<seconds>(clock_.wall());
  Status fine = check_id(tenant.id);
  if (fine) fine = apply(wish, tenant);
  if (!fine) co_return fine.error();
  NewKey wanted(tenant.id, "first key");
  wanted.scopes = tenant.scopes;
  wanted.signing = tenant.signatures == store::Signatures::required;
  CreatedKey key = keys_.make(wanted);
  // Made before the tenant stands, so that nothing is left half done when it cannot be.
  Result<IssuedToken> token = tokens_.sign(NewToken(tenant.id, tenant.id.value(), Scopes::known(tenant.scopes), tenant.token_lifetime));
  if (!token) co_return token.error();
  std::vector<store::ApiKey> first;
  first.push_back(key.record);
  Result<store::Tenant> created = co_await registry_.create(reactor, std::move(tenant), std::move(first));
  if (!created) co_return created.error();
  key.record.version = 1;
  co_return RegisteredTenant(std::move(*created), std::move(key), std::move(*token));
}

Task<Result<store::Tenant>> Tenants::set(Reactor& reactor, TenantId id, TenantWish wish, std::optional<std::uint32_t> version) const {
  Result<store::Tenant> tenant = co_await registry_.store().tenants().find(reactor, std::move(id));
  if (!tenant) co_return tenant.error();
  if (version && *version != tenant->version) co_return store::version_conflict();
  const Status fine = apply(wish, *tenant);
  if (!fine) co_return fine.error();
  co_return co_await registry_.change(reactor, std::move(*tenant));
}

Task<Result<store::Tenant>> Tenants::find(Reactor& reactor, TenantId id) const {
  co_return co_await registry_.store().tenants().find(reactor, std::move(id));
}

Task<Result<store::Page<store::Tenant>>> Tenants::list(Reactor& reactor, TenantId after, std::size_t limit) const {
  co_return co_await registry_.store().tenants().list(reactor, std::move(after), limit);
}

Task<Result<store::Tenant>> Tenants::find_to_remove(Reactor& reactor, TenantId id) const {
  if (id.value() == reserved_tenant) {
    co_return Error(Code::conflict, Origin::caller, "tenant_reserved", "The tenant 'system' cannot be deleted").with_param("tenant_id");
  }
  co_return co_await find(reactor, std::move(id));
}

Task<Status> Tenants::remove(Reactor& reactor, TenantId id, std::optional<std::uint32_t> version) const {
  const Result<store::Tenant> tenant = co_await find_to_remove(reactor, std::move(id));
  if (!tenant) co_return tenant.error();
  co_return co_await registry_.remove(reactor, tenant->id, std::chrono::floor<seconds>(clock_.wall()), version);
}

}  // namespace gatehouse::identity
