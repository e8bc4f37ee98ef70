#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UserContract : public StoreContract {
 protected:
  store::UserStore& users() { return store().users(); }
  store::User make_user(const std::string& id, const std::string& tenant) { return get(users().create(reactor_, full_user(id, tenant))); }
  std::string try_user(const store::User& user) { return outcome(ask(users().create(reactor_, user))); }
  store::User find(const std::string& id) { return get(users().find(reactor_, store::Reach::everything(), store::UserId(id))); }
  Result<store::User> named(const std::string& name) { return ask(users().find_by_name(reactor_, name)); }
  std::vector<std::string> listed(const store::Reach& reach, const std::string& after, std::size_t limit) {
    std::vector<std::string> ids;
    store::UserQuery query(reach);
    query.after = store::UserId(after);
    query.limit = limit;
    const store::Page<store::User> page = get(users().list(reactor_, query));
    for (const store::User& user : page.data) ids.push_back(user.id.value());
    if (page.has_more) ids.emplace_back("more");
    return ids;
  }
  void begin(const std::string& id, const store::User& user) {
    store::Session session(store::SessionId(id), user.id);
    session.expires = at(1'900'000'000);
    store::NewSession wanted(session, user.password_hash, 10, store::SessionEnd(at(1), at(2)));
    get(store().sessions().begin(reactor_, std::move(wanted)));
  }
  std::vector<std::string> sessions_of(const std::string& user) {
    std::vector<std::string> ids;
    for (const store::Session& one : get(store().sessions().list(reactor_, store::UserId(user)))) ids.push_back(one.id.value());
    return ids;
  }
  const store::Reach all_ = store::Reach::everything();
  const store::Reach demo_ = store::Reach::of(TenantId("demo"));
  const store::Reach other_ = store::Reach::of(TenantId("other"));
};
INSTANTIATE_TEST_SUITE_P(Stores, UserContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(UserContract, ComesBackAsItWasGiven) {
  make_tenant("demo");
  store::User wanted = full_user("u-1", "demo");
  const store::User made = make_user("u-1", "demo");
  wanted.version = 1;
  EXPECT_EQ(made, wanted);
  EXPECT_EQ(find("u-1"), wanted);

  store::User bare{store::UserId("u-2"), TenantId("demo")};
  bare.username = "\xe5\xbc\xa0\xe4\xb8\x89\xe4\xb8\xb0";
  ASSERT_EQ(try_user(bare), "ok");
  bare.version = 1;
  EXPECT_EQ(find("u-2"), bare);
  EXPECT_EQ(bare.role, "member");
}

TEST_P(UserContract, GoesWithSessionsAndTicketsAndItsKeysAreRevoked) {
  make_tenant("demo");
  for (const char* id : {"1", "2"}) {
    const store::User user = get(users().create(reactor_, active_user("u-" + std::string(id), "demo")));
    begin("s-" + std::string(id), user);
  }
  store::ApiKey theirs = full_key("k-1", "demo", 1), anothers = full_key("k-2", "demo", 2);
  anothers.user = store::UserId("u-2");
  get(store().keys().create(reactor_, theirs));
  get(store().keys().create(reactor_, anothers));
  const store::SessionEnd over(at(600), at(700));
  const auto remove = [&](const store::Reach& reach, std::uint32_t version = 1) {
    return ask(users().remove(reactor_, reach, store::UserId("u-1"), version, at(500), over));
  };
  EXPECT_EQ(outcome(remove(other_)), "user_not_found") << "another tenant's";
  EXPECT_EQ(outcome(remove(demo_, 2)), "version_conflict");
  EXPECT_EQ(get(store().sessions().list(reactor_, store::UserId("u-1"))).size(), 1U);

  const Result<store::RemovedUser> removed = remove(demo_);
  ASSERT_EQ(outcome(removed), "ok");
  ASSERT_EQ(removed->keys.size(), 1U);
  EXPECT_EQ(removed->keys[0].id, KeyId("k-1"));
  EXPECT_EQ(removed->keys[0].revoked, at(500));
  ASSERT_EQ(removed->revocations.size(), 2U);
  EXPECT_EQ(removed->revocations[0].id, "s-1");
  EXPECT_EQ(removed->revocations[0].not_before, at(600));
  EXPECT_EQ(removed->revocations[1].kind, store::RevocationKind::user);
  EXPECT_EQ(removed->revocations[1].id, "u-1");
  EXPECT_EQ(removed->revocations[1].not_before, at(500));
  EXPECT_EQ(get(store().revocations().since(reactor_, 0, 10)).data.size(), 3U) << "the key's, too";

  EXPECT_EQ(outcome(ask(users().find(reactor_, all_, store::UserId("u-1")))), "user_not_found");
  EXPECT_THAT(get(store().sessions().list(reactor_, store::UserId("u-1"))), IsEmpty());
  EXPECT_EQ(get(store().sessions().list(reactor_, store::UserId("u-2"))).size(), 1U);
  EXPECT_FALSE(get(store().keys().find(reactor_, all_, KeyId("k-2"))).revoked);
  EXPECT_EQ(outcome(remove(all_)), "user_not_found") << "once";
  EXPECT_EQ(try_user(full_user("u-3", "demo")), "ok");
}

TEST_P(UserContract, HasATenantAndAnIdOfItsOwn) {
  EXPECT_EQ(try_user(full_user("u-1", "demo")), "tenant_not_found");
  make_tenant("demo");
  make_user("u-1", "demo");
  store::User same = full_user("u-1", "demo");
  EXPECT_EQ(try_user(same), "user_exists");
  same.username = "somebody else";
  same.email = "";
  const Result<store::User> again = ask(users().create(reactor_, same));
  ASSERT_EQ(outcome(again), "user_exists");
  EXPECT_EQ(again.error().code(), Code::conflict);
}

TEST_P(UserContract, OneNameIsOneUserInAllTenantsWhateverItsCase) {
  make_tenant("demo");
  make_tenant("other");
  const store::User first = make_user("u-1", "demo");
  store::User second = full_user("u-2", "other");
  for (const char* name : {"Name-u-1", "name-u-1", "NAME-U-1"}) {
    second.username = name;
    const Result<store::User> refused = ask(users().create(reactor_, second));
    ASSERT_EQ(outcome(refused), "username_taken") << name;
    EXPECT_EQ(refused.error().code(), Code::conflict);
    EXPECT_EQ(refused.error().param(), "username");
    EXPECT_EQ(*named(name), first);
  }
  EXPECT_EQ(first.username, "Name-u-1") << "as it was given";
  EXPECT_EQ(outcome(named("Name-u-")), "user_not_found");
  EXPECT_EQ(outcome(named("")), "user_not_found");
  EXPECT_EQ(outcome(named("Name_u_1")), "user_not_found") << "nothing in a name is a pattern";
  EXPECT_EQ(named("nobody").error().code(), Code::not_found);
}

// So that what is one name does not depend on a database's locale or on its Unicode tables.
TEST_P(UserContract, CaseIsThatOfAsciiAlone) {
  make_tenant("demo");
  store::User lower = full_user("u-1", "demo"), upper = full_user("u-2", "demo");
  lower.username = "\xc3\xa4rger", upper.username = "\xc3\x84rger";
  EXPECT_EQ(try_user(lower), "ok");
  EXPECT_EQ(try_user(upper), "ok");
  EXPECT_EQ(named("\xc3\x84RGER")->id, upper.id);
}

TEST_P(UserContract, OneAddressIsOneUserOfATenantWhateverItsCase) {
  make_tenant("demo");
  make_tenant("other");
  make_user("u-1", "demo");
  store::User second = full_user("u-2", "demo");
  second.email = "U-1@Example.ORG";
  const Result<store::User> refused = ask(users().create(reactor_, second));
  ASSERT_EQ(outcome(refused), "email_taken");
  EXPECT_EQ(refused.error().param(), "email");
  second.tenant = TenantId("other");
  EXPECT_EQ(try_user(second), "ok") << "another tenant's is another's";
  for (const char* id : {"u-3", "u-4"}) {
    store::User without = full_user(id, "demo");
    without.email = "";
    EXPECT_EQ(try_user(without), "ok") << "many may have none";
  }
}

TEST_P(UserContract, AnothersUserDoesNotExist) {
  make_tenant("demo");
  make_tenant("other");
  store::User user = make_user("u-1", "demo");
  get(users().find(reactor_, demo_, user.id));
  EXPECT_EQ(outcome(ask(users().find(reactor_, other_, user.id))), "user_not_found");
  EXPECT_EQ(outcome(ask(users().find(reactor_, other_, store::UserId("none")))), "user_not_found");
  EXPECT_THAT(listed(other_, "", 10), IsEmpty());
  user.tenant = TenantId("other");
  EXPECT_EQ(outcome(ask(users().change(reactor_, user))), "user_not_found") << "nor can it be taken over";
  EXPECT_EQ(find("u-1").tenant, TenantId("demo"));
}

TEST_P(UserContract, IsListedByTenantPageByPage) {
  make_tenant("demo");
  make_tenant("other");
  for (const char* id : {"u-4", "u-2", "u-5", "u-1", "u-3"}) make_user(id, id[2] % 2 == 0 ? "other" : "demo");
  EXPECT_THAT(listed(all_, "", 10), ElementsAre("u-1", "u-2", "u-3", "u-4", "u-5"));
  EXPECT_THAT(listed(all_, "u-2", 2), ElementsAre("u-3", "u-4", "more"));
  EXPECT_THAT(listed(demo_, "u-2", 2), ElementsAre("u-3", "u-5"));
  EXPECT_THAT(listed(demo_, "u-5", 2), IsEmpty());
}

TEST_P(UserContract, AChangeKeepsWhatIsFixedAndRaisesTheVersion) {
  make_tenant("demo");
  const store::User made = make_user("u-1", "demo");
  store::User wanted = made;
  wanted.username = "NAME-U-1";  // its own name, in another case
  wanted.email = "";
  wanted.password_hash = "";
  wanted.role = "member";
  wanted.is_active = true;
  wanted.updated = at(1'700'000'200);
  store::User asked = wanted;
  asked.created = at(1);
  const Result<store::User> changed = ask(users().change(reactor_, asked));
  ASSERT_EQ(outcome(changed), "ok");
  wanted.version = 2;
  EXPECT_EQ(*changed, wanted);
  EXPECT_EQ(find("u-1"), wanted);
  const Result<store::User> late = ask(users().change(reactor_, asked));
  ASSERT_EQ(outcome(late), "version_conflict");
  EXPECT_EQ(late.error().code(), Code::conflict);
  EXPECT_EQ(find("u-1"), wanted);
  EXPECT_EQ(outcome(ask(users().change(reactor_, full_user("u-2", "demo")))), "user_not_found");
}

TEST_P(UserContract, AChangeAndWhatEndsWithItAreOneWrite) {
  make_tenant("demo");
  const store::User user = get(users().create(reactor_, active_user("u-1", "demo")));
  for (const char* id : {"s-1", "s-2", "s-3"}) begin(id, user);
  store::User wanted = user;
  wanted.password_hash = "another";
  store::UserEnds ends;
  ends.sessions = store::SessionEnd(at(600), at(700));
  ends.kept = store::SessionId("s-2");
  ends.tokens = store::Revocation(store::RevocationKind::user, "u-1", at(500));
  wanted.version = 9;
  EXPECT_EQ(outcome(ask(users().change_and_end(reactor_, wanted, ends))), "version_conflict");
  EXPECT_EQ(sessions_of("u-1").size(), 3U) << "nothing has ended";
  wanted.version = 1;
  const store::ChangedUser changed = get(users().change_and_end(reactor_, wanted, ends));
  EXPECT_EQ(changed.user.password_hash, "another");
  EXPECT_EQ(changed.user.version, 2U);
  ASSERT_EQ(changed.revocations.size(), 3U);
  EXPECT_EQ(changed.revocations[2].kind, store::RevocationKind::user);
  EXPECT_EQ(get(store().revocations().since(reactor_, 0, 10)).data, changed.revocations);
  EXPECT_THAT(sessions_of("u-1"), ElementsAre("s-2"));
}

TEST_P(UserContract, APasswordIsHashedAgainAsLongAsItIsTheSame) {
  make_tenant("demo");
  const store::User user = make_user("u-1", "demo");
  const auto rehash = [&](const std::string& from, const std::string& to) {
    return outcome(ask(users().rehash(reactor_, user.id, from, to)));
  };
  EXPECT_EQ(rehash(user.password_hash, "better"), "ok");
  EXPECT_EQ(find("u-1").password_hash, "better");
  EXPECT_EQ(find("u-1").version, user.version) << "whoever changes it meanwhile need not know";
  EXPECT_EQ(rehash(user.password_hash, "worse"), "user_changed");
  EXPECT_EQ(find("u-1").password_hash, "better");
  EXPECT_EQ(outcome(ask(users().rehash(reactor_, store::UserId("nobody"), "a", "b"))), "user_changed");
}

// Somebody logs in while an administrator changes something else of theirs.
TEST_P(UserContract, AChangeOfOtherThingsLeavesThePasswordAsItIsKeptByNow) {
  make_tenant("demo");
  const store::User user = make_user("u-1", "demo");
  EXPECT_EQ(outcome(ask(users().rehash(reactor_, user.id, user.password_hash, "better"))), "ok");
  store::User wanted = user;
  wanted.email = "elsewhere@example.org";
  store::UserEnds ends;
  ends.same_password = true;
  EXPECT_EQ(get(users().change_and_end(reactor_, wanted, ends)).user.password_hash, "better");
  EXPECT_EQ(find("u-1").password_hash, "better");
  EXPECT_EQ(find("u-1").email, wanted.email);
}

TEST_P(UserContract, AChangeTakesNobodysNameOrAddress) {
  make_tenant("demo");
  make_user("u-1", "demo");
  const store::User second = make_user("u-2", "demo");
  store::User wanted = second;
  wanted.username = "name-u-1";
  EXPECT_EQ(outcome(ask(users().change(reactor_, wanted))), "username_taken");
  wanted.username = second.username;
  wanted.email = "U-1@EXAMPLE.ORG";
  EXPECT_EQ(outcome(ask(users().change(reactor_, wanted))), "email_taken");
  EXPECT_EQ(find("u-2"), second);
}

TEST_P(UserContract, OfManyWhoWantOneNameOneGetsIt) {
  make_tenant("demo");
  std::vector<Task<Result<store::User>>> asked;
  for (int i = 0; i < 16; ++i) {
    store::User user = full_user("u-" + std::to_string(i), "demo");
    user.username = i % 2 == 0 ? "wanted" : "Wanted";
    asked.push_back(users().create(reactor_, std::move(user)));
  }
  int won = 0;
  for (const Result<store::User>& one : run_tasks(reactor_, std::move(asked))) {
    won += one.ok();
    EXPECT_TRUE(one.ok() || one.error().reason() == "username_taken") << outcome(one);
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(listed(all_, "", 20).size(), 1U);
}

TEST_P(UserContract, WhatCannotBeRightIsRefusedByName) {
  make_tenant("demo");
  const store::User made = make_user("u-0", "demo");
  const auto refused = [&](auto spoil) {
    store::User user = full_user("u-1", "demo"), changed = made;
    spoil(user), spoil(changed);
    const Result<store::User> created = ask(users().create(reactor_, user));
    if (created.ok()) return std::string("it was taken");
    EXPECT_EQ(created.error().reason(), "record_invalid");
    EXPECT_EQ(outcome(ask(users().change(reactor_, changed))), "record_invalid");
    return created.error().param();
  };
  EXPECT_EQ(refused([](store::User& u) { u.id = store::UserId(""); }), "id");
  EXPECT_EQ(refused([](store::User& u) { u.username = "ab"; }), "username");
  EXPECT_EQ(refused([](store::User& u) { u.username = "\xe5\xbc\xa0\xe4\xb8\x89"; }), "username") << "two characters in six bytes";
  EXPECT_EQ(refused([](store::User& u) { u.username = std::string(51, 'x'); }), "username");
  EXPECT_EQ(refused([](store::User& u) { u.username = "a\nb"; }), "username");
  EXPECT_EQ(refused([](store::User& u) { u.username = "admin "; }), "username");
  EXPECT_EQ(refused([](store::User& u) { u.username = std::string("adm\0in", 6); }), "username");
  EXPECT_EQ(refused([](store::User& u) { u.email = std::string(255, 'x'); }), "email");
  EXPECT_EQ(refused([](store::User& u) { u.email = "a@b\r\nBcc: c@d"; }), "email");
  EXPECT_EQ(refused([](store::User& u) { u.password_hash = std::string(513, 'x'); }), "password_hash");
  EXPECT_EQ(refused([](store::User& u) { u.role = "Root"; }), "role");
  EXPECT_EQ(refused([](store::User& u) { u.role = ""; }), "role");
  store::User longest = full_user("u-2", "demo");
  longest.username.clear();
  for (int i = 0; i < 50; ++i) longest.username += "\xe5\xbc\xa0";
  EXPECT_EQ(try_user(longest), "ok") << "fifty characters in 150 bytes";
}

}  // namespace
}  // namespace gatehouse::testing
