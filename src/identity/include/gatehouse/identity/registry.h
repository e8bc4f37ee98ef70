// identity/registry.h — tenants, roles, keys, budgets, revocations, who is off or no member: kept by the store, seen as a directory.
// Rules    a change is durable before it is seen, and seen (published) before its call returns. Nothing else may change these in a
//          store that a registry has opened
// Threads  any reactor; follow() before the first change
// Errors   those of the store
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/sealing.h"
#include "gatehouse/identity/time_passed.h"
#include "gatehouse/store/ports.h"

namespace gatehouse::identity {

// What a registry is opened with.
struct RegistryParts {
  RegistryParts(Sealer sealer_, IssuersPtr issuers_, WallTime now_) : sealer(std::move(sealer_)), issuers(std::move(issuers_)), now(now_) {}
  Sealer sealer;
  IssuersPtr issuers;
  WallTime now;
};

class Registry {
 public:
  // Reads all that there is.
  static Task<Result<std::unique_ptr<Registry>>> open(Reactor& reactor, store::Store& store, RegistryParts parts);

  DirectoryPtr current() const;
  // Called with each new directory, one at a time, on the thread that made the change; must not block.
  using Follower = std::function<void(const DirectoryPtr&)>;
  void follow(Follower follower);

  Task<Result<store::Tenant>> create(Reactor& reactor, store::Tenant tenant, std::vector<store::ApiKey> keys);
  Task<Result<store::Tenant>> change(Reactor& reactor, store::Tenant tenant);
  Task<Status> remove(Reactor& reactor, TenantId id, store::Moment at, store::ExpectedVersion version);
  Task<Result<store::ApiKey>> create(Reactor& reactor, store::ApiKey key);
  Task<Result<store::ApiKey>> change(Reactor& reactor, store::ApiKey key);
  Task<Result<store::ApiKey>> revoke(Reactor& reactor, store::Reach reach, KeyId id, store::Moment at, store::ExpectedVersion version);
  Task<Status> revoke(Reactor& reactor, store::Revocation revocation);
  Task<Result<store::Role>> create(Reactor& reactor, store::Role role);
  Task<Result<store::Role>> change(Reactor& reactor, store::Role role);
  Task<Status> remove_role(Reactor& reactor, TenantId tenant, std::string name, std::uint32_t version);
  Task<Result<store::Budget>> create(Reactor& reactor, store::Budget budget);
  Task<Result<store::Budget>> change(Reactor& reactor, store::Budget budget);
  Task<Status> remove(Reactor& reactor, store::Reach reach, store::BudgetId id, store::ExpectedVersion version);
  Task<Result<store::User>> create(Reactor& reactor, store::User user);
  Task<Result<store::User>> enrol(Reactor& reactor, store::User user, store::Redemption invitation);
  // before: the record that the change was made from, which is published where it turns somebody off or on, or gives another role.
  Task<Result<store::User>> change(Reactor& reactor, store::User user, const store::User& before, store::UserEnds ends);
  Task<Status> remove(Reactor& reactor, store::User user, store::Moment at, store::SessionEnd sessions);
  Task<Status> begin_session(Reactor& reactor, store::NewSession wanted);
  Task<Status> end_session(Reactor& reactor, store::UserId user, store::SessionId id, store::SessionEnd how);
  Task<Status> end_other_sessions(Reactor& reactor, store::UserId user, store::SessionId kept, store::SessionEnd how);
  // What expired by the time that has passed is forgotten: revocations, here and in the store, sessions, tickets, nonces, and what was
  // spent of budgets in periods that ended long ago.
  Task<Status> forget_expired(Reactor& reactor);
  // By what time that may be: see time_passed.h. Any thread.
  store::Moment passed(const Clock& clock) { return passed_.at(TimeKept(clock.wall(), clock.now())); }

  // next signs from now on; those before it verify until then, or until they retire anyway.
  Task<Status> rotate(Reactor& reactor, store::SigningKey next, store::Moment others_retire, store::Moment now);
  // Signing keys that have retired by now verify nothing any more.
  Task<Status> drop_retired(Reactor& reactor, store::Moment now);

  // What the configuration names. Any thread.
  void set_issuers(IssuersPtr issuers);
  // The outside issuer of that name has these keys now. Any thread.
  void set_keys(const std::string& issuer, const KeySource::Keys& keys);

  // For what only reads.
  store::Store& store() const { return store_; }

 private:
  Registry(store::Store& store, Sealer sealer, std::shared_ptr<Directory> directory)
      : store_(store), sealer_(std::move(sealer)), current_(std::move(directory)) {}
  Task<Status> read_signing_keys_again(Reactor& reactor, store::Moment now);
  void publish(const std::function<void(Directory&)>& change);
  void publish_new(const store::User& created);

  store::Store& store_;
  const Sealer sealer_;
  TimePassed passed_;
  mutable std::mutex mutex_;
  DirectoryPtr current_;
  std::vector<Follower> followers_;
};

}  // namespace gatehouse::identity
