#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SessionContract : public StoreContract {
 protected:
  SessionContract() {
    make_tenant("demo");
    for (const char* id : {"u-1", "u-2"}) get(store().users().create(reactor_, active_user(id, "demo")));
  }
  store::SessionStore& sessions() { return store().sessions(); }
  static store::Session session_of(const std::string& id, const std::string& user, std::int64_t last_used = 100) {
    store::Session session{store::SessionId(id), store::UserId(user)};
    session.digest.fill(static_cast<unsigned char>(id.back()));
    session.address = "192.0.2.7";
    session.user_agent = "curl \"8\"";
    session.created = at(50);
    session.last_used = at(last_used);
    session.expires = at(last_used + 1000);
    session.access_until = at(last_used + 30);
    return session;
  }
  // The same, one token on.
  static store::Session next_of(store::Session session) {
    const store::Digest client{9, 9, 9};
    session.used.emplace(session.digest, client, at(200));
    ++session.generation;
    session.digest.fill(static_cast<unsigned char>(session.generation));
    session.address = "2001:db8::1";
    session.user_agent = "";
    session.last_used = at(200);
    session.expires = at(1200);
    session.access_until = at(260);
    return session;
  }
  static store::NewSession wanted(const store::Session& session, std::size_t most = 10) {
    return {session, full_user("", "").password_hash, most, store::SessionEnd(at(300), at(400))};
  }
  store::Session add(const store::Session& session, std::size_t most = 10) {
    return get(sessions().begin(reactor_, wanted(session, most))).session;
  }
  std::string try_begin(const store::NewSession& asked) { return outcome(ask(sessions().begin(reactor_, asked))); }
  std::vector<std::string> listed(const std::string& user) {
    std::vector<std::string> ids;
    for (const store::Session& session : get(sessions().list(reactor_, store::UserId(user)))) ids.push_back(session.id.value());
    return ids;
  }
  Result<store::Session> find(const std::string& id) { return ask(sessions().find(reactor_, store::SessionId(id))); }
  std::string end(const std::string& user, const std::string& id) {
    return outcome(ask(sessions().end(reactor_, store::UserId(user), store::SessionId(id), store::SessionEnd(at(300), at(400)))));
  }
  std::vector<store::Revocation> told() { return get(store().revocations().since(reactor_, 0, 100)).data; }
};
INSTANTIATE_TEST_SUITE_P(Stores, SessionContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(SessionContract, ComesBackAsItWasGivenAndAsItWasRotated) {
  const store::Session first = session_of("s-1", "u-1");
  EXPECT_EQ(add(first), first);
  EXPECT_EQ(*find("s-1"), first);
  const store::Session second = next_of(first);
  EXPECT_EQ(get(sessions().rotate(reactor_, second)), second);
  EXPECT_EQ(*find("s-1"), second);
  EXPECT_EQ(get(sessions().rotate(reactor_, next_of(second))).generation, 2U);
  EXPECT_EQ(outcome(find("s-2")), "session_not_found");
}

TEST_P(SessionContract, IsRotatedFromTheGenerationBeforeAndOnce) {
  const store::Session first = session_of("s-1", "u-1"), second = next_of(first);
  add(first);
  std::vector<Task<Result<store::Session>>> asked;
  for (int i = 0; i < 8; ++i) asked.push_back(sessions().rotate(reactor_, second));
  int won = 0;
  for (const Result<store::Session>& one : run_tasks(reactor_, std::move(asked))) {
    won += one.ok();
    EXPECT_TRUE(one.ok() || one.error().reason() == "version_conflict") << outcome(one);
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(outcome(ask(sessions().rotate(reactor_, next_of(next_of(second))))), "version_conflict") << "none is left out";
  EXPECT_EQ(outcome(ask(sessions().rotate(reactor_, next_of(session_of("s-2", "u-1"))))), "session_not_found");
  store::Session anothers = next_of(second);
  anothers.user = store::UserId("u-2");
  EXPECT_EQ(outcome(ask(sessions().rotate(reactor_, anothers))), "session_not_found");
  EXPECT_EQ(*find("s-1"), second);
}

TEST_P(SessionContract, HasAUserAndAnIdOfItsOwn) {
  add(session_of("s-1", "u-1"));
  EXPECT_EQ(try_begin(wanted(session_of("s-1", "u-2"))), "session_exists");
  EXPECT_EQ(try_begin(wanted(session_of("s-2", "nobody"))), "user_not_found");
  store::Session wrong = session_of("s-3", "u-1");
  wrong.generation = 1;
  EXPECT_EQ(try_begin(wanted(wrong)), "record_invalid");
  wrong = session_of("s-3", "u-1");
  wrong.user_agent = std::string(201, 'x');
  EXPECT_EQ(try_begin(wanted(wrong)), "record_invalid");
  EXPECT_THAT(listed("u-1"), ElementsAre("s-1"));
}

TEST_P(SessionContract, AreListedOfOneUserTheLastUsedFirst) {
  add(session_of("s-1", "u-1", 100));
  add(session_of("s-2", "u-1", 300));
  add(session_of("s-3", "u-2", 400));
  add(session_of("s-4", "u-1", 200));
  EXPECT_THAT(listed("u-1"), ElementsAre("s-2", "s-4", "s-1"));
  EXPECT_THAT(listed("nobody"), IsEmpty());
}

TEST_P(SessionContract, TheOneTooManyPushesOutWhatWasUsedLongestAgo) {
  add(session_of("s-1", "u-1", 300), 3);
  add(session_of("s-2", "u-1", 100), 3);
  add(session_of("s-3", "u-2", 50), 3);
  add(session_of("s-4", "u-1", 200), 3);
  EXPECT_THAT(listed("u-1"), ElementsAre("s-1", "s-4", "s-2"));
  add(session_of("s-5", "u-1", 10), 3);
  EXPECT_THAT(listed("u-1"), ElementsAre("s-1", "s-4", "s-5")) << "the new one stays, whatever its time";
  EXPECT_THAT(listed("u-2"), ElementsAre("s-3"));
}

TEST_P(SessionContract, WhatIsPushedOutIsToldToWhoFollowsTheRevocations) {
  for (const char* id : {"s-1", "s-2"}) add(session_of(id, "u-1"), 2);
  EXPECT_THAT(told(), IsEmpty());
  const store::BegunSession begun = get(sessions().begin(reactor_, wanted(session_of("s-3", "u-1", 500), 1)));
  ASSERT_EQ(begun.revocations.size(), 2U);
  EXPECT_EQ(told(), begun.revocations);
  for (const store::Revocation& one : begun.revocations) {
    EXPECT_EQ(one.kind, store::RevocationKind::session);
    EXPECT_EQ(one.not_before, at(300));
    EXPECT_EQ(one.expires, at(400));
  }
  EXPECT_THAT(listed("u-1"), ElementsAre("s-3"));
}

// A login may take its time: what was right when it began need not be any more.
TEST_P(SessionContract, IsBegunByThePasswordThatIsTheUsersNow) {
  store::NewSession asked = wanted(session_of("s-1", "u-1"));
  store::User user = get(store().users().find_by_name(reactor_, "name-u-1"));
  user.password_hash = "another";
  user = get(store().users().change(reactor_, user));
  EXPECT_EQ(try_begin(asked), "user_changed");
  asked.password_hash = "another";
  user.is_active = false;
  user = get(store().users().change(reactor_, user));
  EXPECT_EQ(try_begin(asked), "user_changed");
  EXPECT_THAT(listed("u-1"), IsEmpty());
  user.is_active = true;
  get(store().users().change(reactor_, user));
  EXPECT_EQ(try_begin(asked), "ok");
}

// Whoever set the lifetime of access tokens may have set it lower since.
TEST_P(SessionContract, AnEndIsKeptAsLongAsAnAccessTokenMayBeGood) {
  store::Session session = session_of("s-1", "u-1");
  session.access_until = at(5000);
  add(session);
  store::Session next = next_of(session);
  EXPECT_EQ(get(sessions().rotate(reactor_, next)).access_until, at(5000)) << "of the tokens before it, too";
  EXPECT_EQ(end("u-1", "s-1"), "ok");
  EXPECT_EQ(told().at(0).expires, at(5000));
}

TEST_P(SessionContract, AnEndIsToldToWhoFollowsTheRevocations) {
  add(session_of("s-1", "u-1"));
  EXPECT_EQ(end("u-2", "s-1"), "session_not_found") << "another's";
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(end("u-1", "s-1"), "ok");
  EXPECT_EQ(end("u-1", "s-1"), "session_not_found") << "once";
  EXPECT_EQ(outcome(find("s-1")), "session_not_found");
  const std::vector<store::Revocation> all = told();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].kind, store::RevocationKind::session);
  EXPECT_EQ(all[0].id, "s-1");
  EXPECT_EQ(all[0].not_before, at(300));
  EXPECT_EQ(all[0].expires, at(400));
}

TEST_P(SessionContract, AllButOneEndTogether) {
  for (const char* id : {"s-1", "s-2", "s-3"}) add(session_of(id, "u-1"));
  add(session_of("s-4", "u-2"));
  const auto end_others = [this](const std::string& kept) {
    return get(sessions().end_others(reactor_, store::UserId("u-1"), store::SessionId(kept), store::SessionEnd(at(300), at(400))));
  };
  EXPECT_EQ(end_others("s-2").size(), 2U);
  EXPECT_THAT(listed("u-1"), ElementsAre("s-2"));
  EXPECT_EQ(end_others("").size(), 1U);
  EXPECT_THAT(listed("u-1"), IsEmpty());
  EXPECT_THAT(listed("u-2"), ElementsAre("s-4"));
  EXPECT_EQ(told().size(), 3U);
}

TEST_P(SessionContract, WhatExpiredIsDropped) {
  add(session_of("s-1", "u-1", 100));
  add(session_of("s-2", "u-1", 200));
  EXPECT_TRUE(ask(sessions().drop_expired(reactor_, at(1100))).ok());
  EXPECT_THAT(listed("u-1"), ElementsAre("s-2"));
  EXPECT_THAT(told(), IsEmpty()) << "nothing was taken from anybody";
}

TEST_P(SessionContract, GoesWithItsTenant) {
  add(session_of("s-1", "u-1"));
  get(store().tenants().remove(reactor_, TenantId("demo"), at(500), std::nullopt));
  EXPECT_EQ(outcome(find("s-1")), "session_not_found");
}

}  // namespace
}  // namespace gatehouse::testing
