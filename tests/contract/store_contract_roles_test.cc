// Roles of tenants, and the users and invitations that have them.
#include <cmath>

#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RoleContract : public StoreContract {
 protected:
  RoleContract() {
    make_tenant("demo");
    make_tenant("other");
  }
  store::RoleStore& roles() { return store().roles(); }
  store::Role make_role(const std::string& name, const std::string& tenant = "demo") {
    return get(roles().create(reactor_, full_role(name, tenant)));
  }
  Result<store::Role> find(const std::string& name, const std::string& tenant = "demo") {
    return ask(roles().find(reactor_, TenantId(tenant), name));
  }
  std::string remove(const std::string& name, const std::string& tenant = "demo", std::uint32_t version = 1) {
    return outcome(ask(roles().remove(reactor_, TenantId(tenant), name, version)));
  }
  Result<store::User> try_user(const std::string& id, const std::string& role, const std::string& tenant = "demo") {
    store::User user = full_user(id, tenant);
    user.role = role;
    return ask(store().users().create(reactor_, user));
  }
  std::vector<std::string> listed(const store::Reach& reach, const std::string& tenant, const std::string& name, std::size_t limit) {
    std::vector<std::string> found;
    store::RoleQuery query(reach);
    query.after_tenant = TenantId(tenant);
    query.after_name = name;
    query.limit = limit;
    const store::Page<store::Role> page = get(roles().list(reactor_, query));
    for (const store::Role& role : page.data) found.push_back(role.tenant.value() + "/" + role.name);
    if (page.has_more) found.emplace_back("more");
    return found;
  }
  const store::Reach all_ = store::Reach::everything();
};
INSTANTIATE_TEST_SUITE_P(Stores, RoleContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(RoleContract, ComesBackAsItWasGiven) {
  store::Role wanted = full_role("analyst", "demo");
  const store::Role made = make_role("analyst");
  wanted.version = 1;
  wanted.number = made.number;
  EXPECT_GT(made.number, 0U);
  EXPECT_EQ(made, wanted);
  EXPECT_EQ(*find("analyst"), wanted);

  store::Role bare(TenantId("demo"), "bare");
  const Result<store::Role> kept = ask(roles().create(reactor_, bare));
  ASSERT_EQ(outcome(kept), "ok");
  bare.version = 1;
  bare.number = kept->number;
  EXPECT_EQ(*find("bare"), bare) << "what bounds nothing stays so";
}

TEST_P(RoleContract, ANameIsATenantsOwn) {
  const store::Role here = make_role("analyst"), there = make_role("analyst", "other");
  EXPECT_NE(here.number, there.number);
  const Result<store::Role> again = ask(roles().create(reactor_, full_role("analyst", "demo")));
  ASSERT_EQ(outcome(again), "role_exists");
  EXPECT_EQ(again.error().code(), Code::conflict);
  EXPECT_EQ(outcome(ask(roles().create(reactor_, full_role("analyst", "none")))), "tenant_not_found");
  EXPECT_EQ(find("analyst", "none").error().reason(), "role_not_found");
  EXPECT_EQ(find("Analyst").error().reason(), "role_not_found");
  EXPECT_EQ(find("analyst").value(), here);
}

TEST_P(RoleContract, WhatCannotBeRightIsRefusedByName) {
  const store::Role made = make_role("analyst");
  const auto refused = [&](auto spoil) {
    store::Role role = full_role("other", "demo"), changed = made;
    spoil(role), spoil(changed);
    const Result<store::Role> created = ask(roles().create(reactor_, role));
    if (created.ok()) return std::string("it was taken");
    EXPECT_EQ(created.error().reason(), "record_invalid");
    EXPECT_EQ(outcome(ask(roles().change(reactor_, changed))), "record_invalid");
    return created.error().param();
  };
  for (const char* name : {"member", "tenant-admin", "platform-admin", "", "Analyst", "an analyst", "-a", "a/b", "\xe5\xbc\xa0"}) {
    EXPECT_EQ(refused([name](store::Role& r) { r.name = name; }), "name") << name;
  }
  EXPECT_EQ(refused([](store::Role& r) { r.name = std::string(64, 'a'); }), "name");
  EXPECT_EQ(refused([](store::Role& r) { r.models = {""}; }), "models");
  EXPECT_EQ(refused([](store::Role& r) { r.max_tokens = 0; }), "max_tokens");
  EXPECT_EQ(refused([](store::Role& r) { r.n = 0; }), "n");
  EXPECT_EQ(refused([](store::Role& r) { r.temperature = -0.1; }), "temperature");
  EXPECT_EQ(refused([](store::Role& r) { r.temperature = 2.1; }), "temperature");
  EXPECT_EQ(refused([](store::Role& r) { r.temperature = std::nan(""); }), "temperature");
}

TEST_P(RoleContract, AreListedByTenantAndNamePageByPage) {
  for (const char* name : {"c", "a", "b"}) make_role(name);
  for (const char* name : {"a", "z"}) make_role(name, "other");
  EXPECT_THAT(listed(all_, "", "", 10), ElementsAre("demo/a", "demo/b", "demo/c", "other/a", "other/z"));
  EXPECT_THAT(listed(all_, "demo", "b", 2), ElementsAre("demo/c", "other/a", "more"));
  EXPECT_THAT(listed(all_, "demo", "zz", 2), ElementsAre("other/a", "other/z"));
  const store::Reach other = store::Reach::of(TenantId("other"));
  EXPECT_THAT(listed(other, "", "", 1), ElementsAre("other/a", "more"));
  EXPECT_THAT(listed(other, "other", "a", 5), ElementsAre("other/z"));
  EXPECT_THAT(listed(other, "demo", "a", 5), ElementsAre("other/a", "other/z"));
  EXPECT_THAT(listed(store::Reach::of(TenantId("none")), "", "", 5), IsEmpty());
}

TEST_P(RoleContract, AChangeKeepsWhatIsFixedAndRaisesTheVersion) {
  const store::Role made = make_role("analyst");
  store::Role wanted = made;
  wanted.scopes = {};
  wanted.models = {"*"};
  wanted.max_tokens.reset();
  wanted.temperature = 0;
  store::Role asked = wanted;
  asked.created = at(1);
  asked.number = 77;
  const Result<store::Role> changed = ask(roles().change(reactor_, asked));
  ASSERT_EQ(outcome(changed), "ok");
  wanted.version = 2;
  EXPECT_EQ(*changed, wanted);
  EXPECT_EQ(*find("analyst"), wanted);
  EXPECT_EQ(outcome(ask(roles().change(reactor_, asked))), "version_conflict");
  EXPECT_EQ(outcome(ask(roles().change(reactor_, full_role("none", "demo")))), "role_not_found");
  EXPECT_EQ(outcome(ask(roles().change(reactor_, full_role("analyst", "other")))), "role_not_found");
}

TEST_P(RoleContract, UsersHaveRolesOfTheirOwnTenantAlone) {
  make_role("analyst");
  make_role("theirs", "other");
  const Result<store::User> made = try_user("u-1", "analyst");
  ASSERT_EQ(outcome(made), "ok");
  EXPECT_EQ(made->role, "analyst");
  EXPECT_EQ(get(store().users().find(reactor_, all_, store::UserId("u-1"))).role, "analyst");
  EXPECT_EQ(get(store().users().find_by_name(reactor_, "name-u-1")).role, "analyst");
  const Result<store::User> stranger = try_user("u-2", "theirs");
  ASSERT_EQ(outcome(stranger), "role_unknown");
  EXPECT_EQ(stranger.error().param(), "role");
  EXPECT_EQ(outcome(try_user("u-2", "none")), "role_unknown");
  store::User user = *made;
  user.role = "theirs";
  EXPECT_EQ(outcome(ask(store().users().change(reactor_, user))), "role_unknown");
  user.role = "tenant-admin";
  EXPECT_EQ(get(store().users().change(reactor_, user)).role, "tenant-admin");
  user.role = "analyst";
  user.version = 2;
  EXPECT_EQ(get(store().users().change(reactor_, user)).role, "analyst");
}

TEST_P(RoleContract, StaysAsLongAsAUserHasIt) {
  make_role("analyst");
  const store::Role there = make_role("analyst", "other");
  ASSERT_EQ(outcome(try_user("u-1", "analyst")), "ok");
  const Result<store::Role> refused = ask(roles().remove(reactor_, TenantId("demo"), "analyst", 1));
  ASSERT_EQ(outcome(refused), "role_in_use");
  EXPECT_EQ(refused.error().code(), Code::conflict);
  EXPECT_EQ(outcome(find("analyst")), "ok");
  store::User user = get(store().users().find(reactor_, all_, store::UserId("u-1")));
  user.role = "member";
  get(store().users().change(reactor_, user));
  EXPECT_EQ(remove("analyst", "demo", 2), "version_conflict");
  EXPECT_EQ(outcome(find("analyst")), "ok");
  EXPECT_EQ(remove("analyst"), "ok");
  EXPECT_EQ(remove("analyst"), "role_not_found");
  EXPECT_EQ(*find("analyst", "other"), there);
  EXPECT_GT(make_role("analyst").number, there.number) << "another one of that name";
}

TEST_P(RoleContract, TakesTheInvitationsToItAlong) {
  make_role("analyst");
  store::Ticket ticket(store::TicketKind::invitation, store::Digest{1}, TenantId("demo"));
  ticket.id = "t-1";
  ticket.role = "analyst";
  ticket.expires = at(900);
  get(store().tickets().add(reactor_, ticket));
  EXPECT_EQ(get(store().tickets().find(reactor_, ticket.kind, ticket.digest, at(1))), ticket);
  store::Ticket other = ticket;
  other.id = "t-2";
  other.digest = store::Digest{2};
  other.role = "member";
  get(store().tickets().add(reactor_, other));
  ticket.role = "none";
  ticket.id = "t-3";
  ticket.digest = store::Digest{3};
  EXPECT_EQ(outcome(ask(store().tickets().add(reactor_, ticket))), "role_unknown");
  ASSERT_EQ(remove("analyst"), "ok");
  EXPECT_EQ(outcome(ask(store().tickets().find(reactor_, ticket.kind, store::Digest{1}, at(1)))), "ticket_not_found");
  EXPECT_EQ(get(store().tickets().find(reactor_, other.kind, other.digest, at(1))), other);
}

TEST_P(RoleContract, AreNotMoreThanAHundredATenant) {
  for (int n = 0; n < 100; ++n) make_role("r" + std::to_string(n));
  const Result<store::Role> refused = ask(roles().create(reactor_, full_role("one-more", "demo")));
  ASSERT_EQ(outcome(refused), "too_many_roles");
  EXPECT_EQ(refused.error().code(), Code::conflict);
  EXPECT_EQ(outcome(find("one-more")), "role_not_found") << "nothing is left of it";
  EXPECT_EQ(outcome(ask(roles().create(reactor_, full_role("r5", "demo")))), "role_exists");
  make_role("one-more", "other");
  ASSERT_EQ(remove("r5"), "ok");
  make_role("one-more");
}

TEST_P(RoleContract, NeitherRolesNorKeysAreOlderThanTheirTenant) {
  store::Tenant young(TenantId("young"));
  young.created = at(1'800'000'000);
  get(store().tenants().create(reactor_, young, {}));
  EXPECT_EQ(make_role("analyst", "young").created, young.created);
  EXPECT_EQ(find("analyst", "young")->created, young.created);
  EXPECT_EQ(get(store().keys().create(reactor_, full_key("k-1", "young", 1))).created, young.created);
  EXPECT_EQ(get(store().keys().find(reactor_, all_, KeyId("k-1"))).created, young.created);
}

TEST_P(RoleContract, AnotherRoleEndsWhatSetsAPassword) {
  make_role("analyst");
  store::User user = *try_user("u-1", "analyst");
  ASSERT_EQ(outcome(try_user("u-2", "analyst")), "ok");
  const auto ticket_for = [&](const char* id, unsigned char number) {
    store::Ticket ticket(store::TicketKind::password_reset, store::Digest{number}, TenantId("demo"));
    ticket.id = "t-" + std::to_string(number);
    ticket.user = store::UserId(id);
    ticket.expires = at(900);
    get(store().tickets().add(reactor_, ticket));
  };
  const auto found = [&](unsigned char number) {
    return outcome(ask(store().tickets().find(reactor_, store::TicketKind::password_reset, store::Digest{number}, at(1))));
  };
  ticket_for("u-1", 1);
  ticket_for("u-2", 2);
  user.is_active = false;
  user = get(store().users().change(reactor_, user));
  EXPECT_EQ(found(1), "ok");
  store::User stale = user;
  stale.role = "member";
  stale.version = 1;
  EXPECT_EQ(outcome(ask(store().users().change(reactor_, stale))), "version_conflict");
  EXPECT_EQ(found(1), "ok") << "nothing was changed";
  user.role = "member";
  get(store().users().change(reactor_, user));
  EXPECT_EQ(found(1), "ticket_not_found");
  EXPECT_EQ(found(2), "ok") << "somebody else's";
}

TEST_P(RoleContract, WhoIsNoPlainMemberIsFoundWithoutALookAtTheOthers) {
  make_role("analyst");
  for (const char* id : {"u-1", "u-2", "u-3", "u-4", "u-5"}) {
    store::User user = full_user(id, id[2] < '3' ? "demo" : "other");
    user.is_active = id[2] != '1';
    user.role = id[2] == '2' ? "analyst" : id[2] == '4' ? "tenant-admin" : "member";
    get(store().users().create(reactor_, user));
  }
  store::UserQuery query(all_);
  query.notable = true;
  query.limit = 2;
  const store::Page<store::User> first = get(store().users().list(reactor_, query));
  ASSERT_EQ(first.data.size(), 2U);
  EXPECT_TRUE(first.has_more);
  EXPECT_EQ(first.data[0].id.value(), "u-1");
  EXPECT_EQ(first.data[1].role, "analyst");
  query.after = first.data[1].id;
  const store::Page<store::User> rest = get(store().users().list(reactor_, query));
  ASSERT_EQ(rest.data.size(), 1U);
  EXPECT_EQ(rest.data[0].id.value(), "u-4");
}

}  // namespace
}  // namespace gatehouse::testing
