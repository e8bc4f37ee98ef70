#include "gatehouse/identity/registry.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gatehouse::identity {
namespace {

constexpr std::size_t page = 1000;
// From the beginning of a period on: forty days after the end of the longest month.
constexpr seconds spends_are_kept = std::chrono::days(72);

Task<Status> read_tenants(Reactor& reactor, store::Store& store, Directory& directory) {
  TenantId after;
  for (bool more = true; more;) {
    Result<store::Page<store::Tenant>> read = co_await store.tenants().list(reactor, after, page);
    if (!read) co_return read.error();
    if (!read->data.empty()) after = read->data.back().id;
    more = read->has_more;
    for (store::Tenant& tenant : read->data) directory.put(std::move(tenant));
  }
  co_return ok();
}

Task<Status> read_keys(Reactor& reactor, store::Store& store, Directory& directory) {
  store::KeyQuery query(store::Reach::everything());
  query.limit = page;
  for (bool more = true; more;) {
    Result<store::Page<store::ApiKey>> read = co_await store.keys().list(reactor, query);
    if (!read) co_return read.error();
    if (!read->data.empty()) query.after = read->data.back().id;
    more = read->has_more;
    for (store::ApiKey& key : read->data) directory.put(std::move(key));
  }
  co_return ok();
}

Task<Status> read_revocations(Reactor& reactor, store::Store& store, Directory& directory) {
  for (bool more = true; more;) {
    Result<store::Page<store::Revocation>> read = co_await store.revocations().since(reactor, directory.last_revocation(), page);
    if (!read) co_return read.error();
    more = read->has_more;
    for (const store::Revocation& revocation : read->data) directory.put(revocation);
  }
  co_return ok();
}

Task<Status> read_roles(Reactor& reactor, store::Store& store, Directory& directory) {
  store::RoleQuery query(store::Reach::everything());
  query.limit = page;
  for (bool more = true; more;) {
    Result<store::Page<store::Role>> read = co_await store.roles().list(reactor, query);
    if (!read) co_return read.error();
    if (!read->data.empty()) {
      query.after_tenant = read->data.back().tenant;
      query.after_name = read->data.back().name;
    }
    more = read->has_more;
    for (store::Role& role : read->data) directory.put(std::move(role));
  }
  co_return ok();
}

Task<Status> read_budgets(Reactor& reactor, store::Store& store, Directory& directory) {
  store::BudgetQuery query(store::Reach::everything());
  query.limit = page;
  std::vector<store::Budget> all;
  for (bool more = true; more;) {
    Result<store::Page<store::Budget>> read = co_await store.budgets().list(reactor, query);
    if (!read) co_return read.error();
    if (!read->data.empty()) query.after = read->data.back().id;
    more = read->has_more;
    std::ranges::move(read->data, std::back_inserter(all));
  }
  directory.set_budgets(std::move(all));
  co_return ok();
}

Task<Status> read_notable_users(Reactor& reactor, store::Store& store, Directory& directory) {
  store::UserQuery query(store::Reach::everything());
  query.notable = true;
  query.limit = page;
  for (bool more = true; more;) {
    Result<store::Page<store::User>> read = co_await store.users().list(reactor, query);
    if (!read) co_return read.error();
    if (!read->data.empty()) query.after = read->data.back().id;
    more = read->has_more;
    for (const store::User& user : read->data) directory.put(user);
  }
  co_return ok();
}

Task<Result<std::shared_ptr<const SigningKeys>>> read_signing_keys(Reactor& reactor, store::Store& store, const Sealer& sealer,
                                                                   store::Moment now) {
  Result<std::vector<store::SigningKey>> kept = co_await store.signing_keys().all(reactor);
  if (!kept) co_return kept.error();
  Result<SigningKeys> keys = open_signing_keys(*kept, sealer, now);
  if (!keys) co_return keys.error();
  co_return std::make_shared<const SigningKeys>(std::move(*keys));
}

}  // namespace

Task<Result<std::unique_ptr<Registry>>> Registry::open(Reactor& reactor, store::Store& store, RegistryParts parts) {
  auto directory = std::make_shared<Directory>();
  Status read = co_await read_tenants(reactor, store, *directory);
  if (read) read = co_await read_keys(reactor, store, *directory);
  if (read) read = co_await read_revocations(reactor, store, *directory);
  if (read) read = co_await read_roles(reactor, store, *directory);
  if (read) read = co_await read_budgets(reactor, store, *directory);
  if (read) read = co_await read_notable_users(reactor, store, *directory);
  if (!read) co_return read.error();
  const store::Moment now = std::chrono::floor<seconds>(parts.now);
  Result<std::shared_ptr<const SigningKeys>> keys = co_await read_signing_keys(reactor, store, parts.sealer, now);
  if (!keys) co_return keys.error();
  directory->set_signing_keys(std::move(*keys));
  directory->set_issuers(std::move(parts.issuers));
  co_return std::unique_ptr<Registry>(new Registry(store, std::move(parts.sealer), std::move(directory)));
}

DirectoryPtr Registry::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void Registry::follow(Follower follower) {
  const std::lock_guard lock(mutex_);
  follower(current_);
  followers_.push_back(std::move(follower));
}

void Registry::publish(const std::function<void(Directory&)>& change) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Directory>(*current_);
  change(*next);
  current_ = std::move(next);
  for (const Follower& follower : followers_) follower(current_);
}

Task<Result<store::Tenant>> Registry::create(Reactor& reactor, store::Tenant tenant, std::vector<store::ApiKey> keys) {
  const std::vector<store::ApiKey> wanted = keys;
  Result<store::Tenant> created = co_await store_.tenants().create(reactor, std::move(tenant), std::move(keys));
  if (created) {
    publish([&](Directory& directory) {
      directory.put(*created);
      for (store::ApiKey key : wanted) {
        key.version = 1;
        key.created = std::max(key.created, created->created);  // as the store keeps it
        directory.put(std::move(key));
      }
    });
  }
  co_return created;
}

Task<Result<store::Tenant>> Registry::change(Reactor& reactor, store::Tenant tenant) {
  Result<store::Tenant> changed = co_await store_.tenants().change(reactor, std::move(tenant));
  if (changed) publish([&changed](Directory& directory) { directory.put(*changed); });
  co_return changed;
}

Task<Status> Registry::remove(Reactor& reactor, TenantId id, store::Moment at, store::ExpectedVersion version) {
  const Result<std::uint32_t> removed = co_await store_.tenants().remove(reactor, id, at, version);
  if (!removed) co_return removed.error();
  publish([&](Directory& directory) {
    directory.remove_tenant(id, *removed);
    directory.put(store::Revocation(store::RevocationKind::tenant, id.value(), at));
  });
  co_return ok();
}

Task<Result<store::ApiKey>> Registry::create(Reactor& reactor, store::ApiKey key) {
  Result<store::ApiKey> created = co_await store_.keys().create(reactor, std::move(key));
  if (created) publish([&created](Directory& directory) { directory.put(*created); });
  co_return created;
}

Task<Result<store::ApiKey>> Registry::change(Reactor& reactor, store::ApiKey key) {
  Result<store::ApiKey> changed = co_await store_.keys().change(reactor, std::move(key));
  if (changed) publish([&changed](Directory& directory) { directory.put(*changed); });
  co_return changed;
}

Task<Result<store::ApiKey>> Registry::revoke(Reactor& reactor, store::Reach reach, KeyId id, store::Moment at,
                                             store::ExpectedVersion version) {
  Result<store::ApiKey> revoked = co_await store_.keys().revoke(reactor, std::move(reach), std::move(id), at, version);
  if (revoked) publish([&revoked](Directory& directory) { directory.put(*revoked); });
  co_return revoked;
}

Task<Status> Registry::revoke(Reactor& reactor, store::Revocation revocation) {
  Result<store::Revocation> added = co_await store_.revocations().add(reactor, std::move(revocation));
  if (!added) co_return added.error();
  publish([&added](Directory& directory) { directory.put(*added); });
  co_return ok();
}

Task<Result<store::Role>> Registry::create(Reactor& reactor, store::Role role) {
  Result<store::Role> created = co_await store_.roles().create(reactor, std::move(role));
  if (created) publish([&created](Directory& directory) { directory.put(*created); });
  co_return created;
}

Task<Result<store::Role>> Registry::change(Reactor& reactor, store::Role role) {
  Result<store::Role> changed = co_await store_.roles().change(reactor, std::move(role));
  if (changed) publish([&changed](Directory& directory) { directory.put(*changed); });
  co_return changed;
}

Task<Status> Registry::remove_role(Reactor& reactor, TenantId tenant, std::string name, std::uint32_t version) {
  const Result<store::Role> removed = co_await store_.roles().remove(reactor, std::move(tenant), std::move(name), version);
  if (!removed) co_return removed.error();
  publish([&removed](Directory& directory) { directory.remove_role(*removed); });
  co_return ok();
}

Task<Result<store::Budget>> Registry::create(Reactor& reactor, store::Budget budget) {
  Result<store::Budget> created = co_await store_.budgets().create(reactor, std::move(budget));
  if (created) publish([&created](Directory& directory) { directory.put(*created); });
  co_return created;
}

Task<Result<store::Budget>> Registry::change(Reactor& reactor, store::Budget budget) {
  Result<store::Budget> changed = co_await store_.budgets().change(reactor, std::move(budget));
  if (changed) publish([&changed](Directory& directory) { directory.put(*changed); });
  co_return changed;
}

Task<Status> Registry::remove(Reactor& reactor, store::Reach reach, store::BudgetId id, store::ExpectedVersion version) {
  const Result<store::Budget> removed = co_await store_.budgets().remove(reactor, std::move(reach), std::move(id), version);
  if (!removed) co_return removed.error();
  publish([&removed](Directory& directory) { directory.remove_budget(*removed); });
  co_return ok();
}

void Registry::publish_new(const store::User& created) {
  const bool notable = !created.is_active || created.role != store::role_member;
  if (notable) publish([&created](Directory& directory) { directory.put(created); });
}

Task<Result<store::User>> Registry::create(Reactor& reactor, store::User user) {
  Result<store::User> created = co_await store_.users().create(reactor, std::move(user));
  if (created) publish_new(*created);
  co_return created;
}

Task<Result<store::User>> Registry::enrol(Reactor& reactor, store::User user, store::Redemption invitation) {
  Result<store::User> created = co_await store_.users().enrol(reactor, std::move(user), invitation);
  if (created) publish_new(*created);
  co_return created;
}

Task<Result<store::User>> Registry::change(Reactor& reactor, store::User user, const store::User& before, store::UserEnds ends) {
  ends.same_password = user.password_hash == before.password_hash;  // which a login may keep in another way meanwhile
  Result<store::ChangedUser> changed = co_await store_.users().change_and_end(reactor, std::move(user), std::move(ends));
  if (!changed) co_return changed.error();
  const bool notable = changed->user.is_active != before.is_active || changed->user.role != before.role;
  if (notable || !changed->revocations.empty()) {
    publish([&](Directory& directory) {
      if (notable) directory.put(changed->user);
      for (const store::Revocation& revocation : changed->revocations) directory.put(revocation);
    });
  }
  co_return std::move(changed->user);
}

Task<Status> Registry::remove(Reactor& reactor, store::User user, store::Moment at, store::SessionEnd sessions) {
  store::Reach reach = store::Reach::of(user.tenant);
  const Result<store::RemovedUser> removed =
      co_await store_.users().remove(reactor, std::move(reach), std::move(user.id), user.version, at, std::move(sessions));
  if (!removed) co_return removed.error();
  publish([&removed](Directory& directory) {
    for (const store::Revocation& revocation : removed->revocations) directory.put(revocation);
    for (const store::ApiKey& key : removed->keys) directory.put(key);
    for (const store::Budget& budget : removed->budgets) directory.remove_budget(budget);
  });
  co_return ok();
}

Task<Status> Registry::begin_session(Reactor& reactor, store::NewSession wanted) {
  const Result<store::BegunSession> begun = co_await store_.sessions().begin(reactor, std::move(wanted));
  if (!begun) co_return begun.error();
  if (begun->revocations.empty()) co_return ok();
  publish([&begun](Directory& directory) {
    for (const store::Revocation& revocation : begun->revocations) directory.put(revocation);
  });
  co_return ok();
}

Task<Status> Registry::end_session(Reactor& reactor, store::UserId user, store::SessionId id, store::SessionEnd how) {
  const Result<store::Revocation> ended = co_await store_.sessions().end(reactor, std::move(user), std::move(id), how);
  if (!ended) co_return ended.error();
  publish([&ended](Directory& directory) { directory.put(*ended); });
  co_return ok();
}

Task<Status> Registry::end_other_sessions(Reactor& reactor, store::UserId user, store::SessionId kept, store::SessionEnd how) {
  const Result<std::vector<store::Revocation>> ended =
      co_await store_.sessions().end_others(reactor, std::move(user), std::move(kept), how);
  if (!ended) co_return ended.error();
  if (ended->empty()) co_return ok();
  publish([&ended](Directory& directory) {
    for (const store::Revocation& revocation : *ended) directory.put(revocation);
  });
  co_return ok();
}

Task<Status> Registry::forget_expired(Reactor& reactor) {
  const store::Moment now = passed(reactor.clock());
  if (now == store::Moment()) co_return ok();
  Status dropped = co_await store_.sessions().drop_expired(reactor, now);
  if (dropped) dropped = co_await store_.tickets().drop_expired(reactor, now);
  if (dropped) dropped = co_await store_.nonces().drop_expired(reactor, now);
  if (dropped) dropped = co_await store_.idempotent_calls().drop_expired(reactor, now);
  if (dropped) dropped = co_await store_.budgets().drop_spent(reactor, now - spends_are_kept);
  if (dropped) dropped = co_await store_.revocations().drop_expired(reactor, now);
  if (dropped) publish([now](Directory& directory) { directory.forget_revocations(now.time_since_epoch().count()); });
  co_return dropped;
}

Task<Status> Registry::rotate(Reactor& reactor, store::SigningKey next, store::Moment others_retire, store::Moment now) {
  const Status rotated = co_await store_.signing_keys().rotate(reactor, std::move(next), others_retire);
  if (!rotated) co_return rotated;
  co_return co_await read_signing_keys_again(reactor, now);
}

Task<Status> Registry::drop_retired(Reactor& reactor, store::Moment now) {
  const Status read = co_await read_signing_keys_again(reactor, now);
  if (!read) co_return read;
  co_return co_await store_.signing_keys().drop_retired(reactor, now + seconds(1));  // what retires now is not taken any more
}

Task<Status> Registry::read_signing_keys_again(Reactor& reactor, store::Moment now) {
  Result<std::shared_ptr<const SigningKeys>> keys = co_await read_signing_keys(reactor, store_, sealer_, now);
  if (!keys) co_return keys.error();
  publish([&keys](Directory& directory) { directory.set_signing_keys(std::move(*keys)); });
  co_return ok();
}

void Registry::set_issuers(IssuersPtr issuers) {
  publish([&issuers](Directory& directory) { directory.set_issuers(std::move(issuers)); });
}

void Registry::set_keys(const std::string& issuer, const KeySource::Keys& keys) {
  publish([&](Directory& directory) {
    auto next = std::make_shared<Issuers>(*directory.issuers());
    for (IssuerPtr& one : next->outside) {
      if (one->name != issuer) continue;
      auto with_keys = std::make_shared<Issuer>(*one);
      with_keys->keys = keys;
      one = std::move(with_keys);
    }
    directory.set_issuers(std::move(next));
  });
}

}  // namespace gatehouse::identity
