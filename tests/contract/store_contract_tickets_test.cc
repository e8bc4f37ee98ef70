// Tickets: invitations, and what sets a password once.
#include "store_harness.h"

namespace gatehouse::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TicketContract : public StoreContract {
 protected:
  TicketContract() {
    make_tenant("demo");
    for (const char* id : {"u-1", "u-2"}) get(store().users().create(reactor_, active_user(id, "demo")));
  }
  store::TicketStore& tickets() { return store().tickets(); }
  static store::Ticket reset_of(const std::string& user, unsigned char number) {
    store::Digest digest{};
    digest.fill(number);
    store::Ticket ticket(store::TicketKind::password_reset, digest, TenantId("demo"));
    ticket.id = "t-" + std::to_string(number);
    ticket.issuer = store::UserId("u-9");
    ticket.user = store::UserId(user);
    ticket.created = at(100);
    ticket.expires = at(200);
    return ticket;
  }
  static store::Ticket invitation(unsigned char number) {
    store::Ticket ticket = reset_of("", number);
    ticket.kind = store::TicketKind::invitation;
    ticket.user.reset();
    ticket.role = "tenant-admin";
    ticket.email = "a@example.org";
    ticket.issuer_key = KeyId("k-9");
    return ticket;
  }
  Status add(const store::Ticket& ticket) { return ask(tickets().add(reactor_, ticket)); }
  std::string find(const store::Ticket& ticket, std::int64_t now = 150) {
    return outcome(ask(tickets().find(reactor_, ticket.kind, ticket.digest, at(now))));
  }
  static store::Redemption redemption_of(const store::Ticket& ticket, std::int64_t now = 150) {
    return {ticket.kind, ticket.digest, at(now)};
  }
  // Somebody new comes by it, of that name.
  std::string enrol(const store::Ticket& ticket, const std::string& name, std::int64_t now = 150) {
    store::User user = full_user("id-" + name, "demo");
    user.username = name;
    return outcome(ask(store().users().enrol(reactor_, user, redemption_of(ticket, now))));
  }
  // With it u-1 gets another password.
  std::string redeem(const store::Ticket& ticket, std::int64_t now = 150, const std::string& id = "u-1") {
    store::User user = get(store().users().find(reactor_, store::Reach::everything(), store::UserId(id)));
    user.password_hash = "hash " + std::to_string(user.version);
    store::UserEnds ends;
    ends.ticket = redemption_of(ticket, now);
    return outcome(ask(store().users().change_and_end(reactor_, user, ends)));
  }
  std::vector<std::string> invited(const store::Reach& reach, const std::string& after = "", std::size_t limit = 10) {
    return listed_tickets(store::TicketQuery(store::TicketKind::invitation, reach, at(150)), after, limit);
  }
  std::vector<std::string> listed_tickets(store::TicketQuery query, const std::string& after = "", std::size_t limit = 10) {
    query.after = after;
    query.limit = limit;
    const store::Page<store::Ticket> page = get(tickets().list(reactor_, query));
    std::vector<std::string> ids;
    for (const store::Ticket& one : page.data) ids.push_back(one.id);
    if (page.has_more) ids.emplace_back("more");
    return ids;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, TicketContract, ::testing::ValuesIn(stores_under_test()), name_of);

TEST_P(TicketContract, IsFoundAsItWasGivenAndGoodOnce) {
  const store::Ticket reset = reset_of("u-1", 1), come = invitation(2);
  for (const store::Ticket& ticket : {reset, come}) {
    ASSERT_TRUE(add(ticket).ok());
    EXPECT_EQ(get(tickets().find(reactor_, ticket.kind, ticket.digest, at(150))), ticket);
    EXPECT_EQ(find(ticket), "ok") << "to look is not to redeem";
  }
  EXPECT_EQ(redeem(reset), "ok");
  EXPECT_EQ(redeem(reset), "ticket_not_found");
  EXPECT_EQ(enrol(come, "ada"), "ok");
  EXPECT_EQ(enrol(come, "bob"), "ticket_not_found");
  for (const store::Ticket& ticket : {reset, come}) EXPECT_EQ(find(ticket), "ticket_not_found");
}

TEST_P(TicketContract, StaysWhereItWasGoodForNothing) {
  ASSERT_TRUE(add(invitation(1)).ok());
  EXPECT_EQ(enrol(invitation(1), "name-u-1"), "username_taken");
  EXPECT_EQ(enrol(invitation(1), "ab"), "record_invalid");
  EXPECT_EQ(find(invitation(1)), "ok");
  EXPECT_EQ(enrol(invitation(1), "ada"), "ok");

  ASSERT_TRUE(add(reset_of("u-1", 2)).ok());
  EXPECT_EQ(redeem(reset_of("u-1", 2), 150, "u-2"), "ticket_not_found") << "it is for another user";
  store::User stale = get(store().users().find_by_name(reactor_, "name-u-1"));
  stale.version = 7;
  stale.password_hash = "another";
  store::UserEnds ends;
  ends.ticket = redemption_of(reset_of("u-1", 2));
  EXPECT_EQ(outcome(ask(store().users().change_and_end(reactor_, stale, ends))), "version_conflict");
  EXPECT_EQ(redeem(reset_of("u-1", 2)), "ok");
}

TEST_P(TicketContract, OfManyWhoComeByOneGetsIn) {
  ASSERT_TRUE(add(invitation(1)).ok());
  std::vector<Task<Result<store::User>>> asked;
  for (int i = 0; i < 8; ++i) {
    store::User user = full_user("n-" + std::to_string(i), "demo");
    asked.push_back(store().users().enrol(reactor_, std::move(user), redemption_of(invitation(1))));
  }
  int won = 0;
  for (const Result<store::User>& one : run_tasks(reactor_, std::move(asked))) won += one.ok();
  EXPECT_EQ(won, 1);
}

// It was given for somebody as they were then.
TEST_P(TicketContract, GoesWithAnotherPasswordAddressOrRole) {
  const auto after = [this](auto change) {
    EXPECT_TRUE(add(reset_of("u-1", 1)).ok());
    store::User user = get(store().users().find(reactor_, store::Reach::everything(), store::UserId("u-1")));
    change(user);
    get(store().users().change(reactor_, user));
    return find(reset_of("u-1", 1));
  };
  EXPECT_EQ(after([](store::User& user) { user.updated = at(9); }), "ok");
  EXPECT_EQ(after([](store::User& user) { user.password_hash = "another"; }), "ticket_not_found");
  EXPECT_EQ(after([](store::User& user) { user.email = "elsewhere@example.org"; }), "ticket_not_found");
  EXPECT_EQ(after([](store::User& user) { user.role = "member"; }), "ticket_not_found");
  EXPECT_EQ(after([](store::User& user) { user.is_active = false; }), "ticket_not_found");
}

TEST_P(TicketContract, InvitationsAreListedAndTakenBackByWhoReachesThem) {
  make_tenant("other");
  const store::Reach all = store::Reach::everything(), demo = store::Reach::of(TenantId("demo")),
                     other = store::Reach::of(TenantId("other"));
  for (unsigned char number = 1; number <= 3; ++number) ASSERT_TRUE(add(invitation(number)).ok());
  store::Ticket theirs = invitation(4), late = invitation(5);
  theirs.tenant = TenantId("other");
  late.expires = at(150);
  for (const store::Ticket& ticket : {theirs, late, reset_of("u-1", 6)}) ASSERT_TRUE(add(ticket).ok());
  EXPECT_THAT(invited(all), ElementsAre("t-1", "t-2", "t-3", "t-4"));
  EXPECT_THAT(invited(demo, "t-1", 1), ElementsAre("t-2", "more"));
  EXPECT_THAT(invited(other), ElementsAre("t-4"));
  const auto remove = [this](const store::Reach& reach, const std::string& id) {
    return outcome(ask(tickets().remove(reactor_, store::TicketKind::invitation, reach, id)));
  };
  const auto find_by_id = [this](const store::Reach& reach, const std::string& id) {
    return ask(tickets().find_by_id(reactor_, store::TicketKind::invitation, reach, id));
  };
  EXPECT_EQ(remove(other, "t-1"), "ticket_not_found") << "another tenant's";
  EXPECT_EQ(remove(all, "t-6"), "ticket_not_found") << "no invitation";
  EXPECT_EQ(*find_by_id(demo, "t-1"), invitation(1));
  EXPECT_EQ(outcome(find_by_id(other, "t-1")), "ticket_not_found");
  EXPECT_EQ(remove(demo, "t-1"), "ok");
  EXPECT_EQ(remove(demo, "t-1"), "ticket_not_found") << "once";
  EXPECT_EQ(enrol(invitation(1), "ada"), "ticket_not_found");
  EXPECT_THAT(invited(demo), ElementsAre("t-2", "t-3"));
}

TEST_P(TicketContract, ThoseThatSetAPasswordAreListedAndTakenBackToo) {
  const store::Reach demo = store::Reach::of(TenantId("demo")), other = store::Reach::of(TenantId("other"));
  const auto resets = [&](const store::Reach& reach) {
    return listed_tickets(store::TicketQuery(store::TicketKind::password_reset, reach, at(150)));
  };
  const auto remove = [this](const store::Reach& reach, const std::string& id) {
    return outcome(ask(tickets().remove(reactor_, store::TicketKind::password_reset, reach, id)));
  };
  ASSERT_TRUE(add(reset_of("u-1", 1)).ok() && add(reset_of("u-2", 2)).ok() && add(invitation(3)).ok());
  EXPECT_THAT(resets(demo), ElementsAre("t-1", "t-2"));
  EXPECT_THAT(resets(other), IsEmpty());
  EXPECT_EQ(get(tickets().find_by_id(reactor_, store::TicketKind::password_reset, demo, "t-1")), reset_of("u-1", 1));
  EXPECT_EQ(remove(other, "t-1"), "ticket_not_found") << "another tenant's";
  EXPECT_EQ(remove(demo, "t-3"), "ticket_not_found") << "an invitation";
  EXPECT_EQ(remove(demo, "t-1"), "ok");
  EXPECT_EQ(redeem(reset_of("u-1", 1)), "ticket_not_found");
  EXPECT_THAT(resets(demo), ElementsAre("t-2"));
}

TEST_P(TicketContract, SaysByWhichTokenItWasGiven) {
  store::Ticket ticket = invitation(1);
  ticket.issuer.reset(), ticket.issuer_key.reset();
  ticket.issuer_token.emplace(TenantId("demo"), store::RevocationKind::user, "corp|ada", at(90));
  ticket.issuer_token->issuer = "corp";
  ASSERT_TRUE(add(ticket).ok());
  EXPECT_EQ(get(tickets().find(reactor_, ticket.kind, ticket.digest, at(150))), ticket);
  store::Ticket ours = invitation(2);
  ours.issuer.reset(), ours.issuer_key.reset();
  ours.issuer_token.emplace(TenantId("system"), store::RevocationKind::token_id, "jti-1", at(90));
  ours.issuer_token->platform = true;
  ASSERT_TRUE(add(ours).ok());
  EXPECT_EQ(get(tickets().find(reactor_, ours.kind, ours.digest, at(150))), ours);
  ours.issuer_token->kind = store::RevocationKind::session;
  EXPECT_EQ(outcome(add(ours)), "record_invalid");
}

// Somebody who had a key may have signed whatever gave them.
TEST_P(TicketContract, GoesWithTheKeysThatSignedTheTokenWhichGaveIt) {
  store::Ticket theirs = invitation(1), ours = invitation(2), users = invitation(3);
  for (store::Ticket* ticket : {&theirs, &ours}) {
    ticket->issuer.reset(), ticket->issuer_key.reset();
    ticket->issuer_token.emplace(TenantId("demo"), store::RevocationKind::token_id, "jti-1", at(90));
  }
  theirs.issuer_token->issuer = "corp";
  ASSERT_TRUE(add(theirs).ok() && add(ours).ok() && add(users).ok());
  const auto rotate = [this](const char* kid, int created, int others_retire) {
    store::SigningKey next(kid, "ES256");
    next.sealed_private = "sealed";
    next.public_jwk = "{}";
    next.created = at(created);
    return outcome(ask(store().signing_keys().rotate(reactor_, std::move(next), at(others_retire))));
  };
  EXPECT_EQ(rotate("a", 120, 130), "ok");
  EXPECT_EQ(find(ours), "ok") << "their keys are taken a while longer";
  EXPECT_EQ(rotate("b", 125, 125), "ok");
  EXPECT_EQ(find(ours), "ticket_not_found");
  EXPECT_EQ(find(theirs), "ok");
  EXPECT_EQ(find(users), "ok");
}

// Whoever had got in as them may have given some.
TEST_P(TicketContract, GoesWithThePasswordOfWhoGaveItAndWithThemselves) {
  const auto given_by = [](const std::string& giver, unsigned char number) {
    store::Ticket ticket = number % 2 == 0 ? invitation(number) : reset_of("u-1", number);
    ticket.issuer = store::UserId(giver);
    return ticket;
  };
  const auto after = [&](auto change) {
    EXPECT_TRUE(add(given_by("u-2", 1)).ok() && add(given_by("u-2", 2)).ok() && add(given_by("u-9", 4)).ok());
    change(get(store().users().find(reactor_, store::Reach::everything(), store::UserId("u-2"))));
    EXPECT_EQ(find(given_by("u-9", 4)), "ok") << "somebody else's";
    EXPECT_EQ(outcome(ask(tickets().remove(reactor_, store::TicketKind::invitation, store::Reach::everything(), "t-4"))), "ok");
    std::string found = find(given_by("u-2", 1)) + " " + find(given_by("u-2", 2));
    static_cast<void>(ask(tickets().drop_expired(reactor_, at(200))));
    return found;
  };
  const auto changed = [&](auto change) {
    return after([&](store::User user) {
      change(user);
      get(store().users().change(reactor_, user));
    });
  };
  const std::string gone = "ticket_not_found ticket_not_found";
  EXPECT_EQ(changed([](store::User& user) { user.email = "elsewhere@example.org"; }), "ok ok");
  EXPECT_EQ(changed([](store::User& user) { user.password_hash = "another"; }), gone);
  EXPECT_EQ(changed([](store::User& user) { user.is_active = false; }), gone);
  EXPECT_EQ(changed([](store::User& user) { user.is_active = true; }), "ok ok");
  EXPECT_EQ(after([&](const store::User& user) {
              get(store().users().remove(reactor_, store::Reach::everything(), user.id, user.version, at(500), {at(500), at(600)}));
            }),
            gone);
}

TEST_P(TicketContract, IsOfItsKindAndOfItsTime) {
  store::Ticket ticket = invitation(1);
  ASSERT_TRUE(add(ticket).ok());
  EXPECT_EQ(find(ticket, 200), "ticket_not_found") << "it expires then";
  EXPECT_EQ(enrol(ticket, "ada", 200), "ticket_not_found");
  ticket.kind = store::TicketKind::password_reset;
  EXPECT_EQ(enrol(ticket, "ada"), "ticket_not_found");
  EXPECT_EQ(find(invitation(2)), "ticket_not_found");
  EXPECT_TRUE(ask(tickets().drop_expired(reactor_, at(199))).ok());
  EXPECT_EQ(find(invitation(1), 0), "ok");
  EXPECT_TRUE(ask(tickets().drop_expired(reactor_, at(200))).ok());
  EXPECT_EQ(find(invitation(1), 0), "ticket_not_found");
}

TEST_P(TicketContract, TheNewestSetsAUsersPassword) {
  ASSERT_TRUE(add(reset_of("u-1", 1)).ok());
  ASSERT_TRUE(add(reset_of("u-2", 2)).ok());
  ASSERT_TRUE(add(reset_of("u-1", 3)).ok());
  EXPECT_EQ(find(reset_of("u-1", 1)), "ticket_not_found");
  EXPECT_EQ(find(reset_of("u-2", 2)), "ok");
  EXPECT_EQ(find(reset_of("u-1", 3)), "ok");
}

TEST_P(TicketContract, IsOfSomebodyWhoIsThere) {
  EXPECT_EQ(outcome(add(reset_of("nobody", 1))), "user_not_found");
  store::Ticket ticket = invitation(1);
  ticket.tenant = TenantId("nobody");
  EXPECT_EQ(outcome(add(ticket)), "tenant_not_found");
  ticket = invitation(1);
  ticket.role = "Root";
  EXPECT_EQ(outcome(add(ticket)), "record_invalid");
  ticket = invitation(1);
  ticket.user = store::UserId("u-1");
  EXPECT_EQ(outcome(add(ticket)), "record_invalid");
  ASSERT_TRUE(add(invitation(1)).ok());
  ASSERT_TRUE(add(reset_of("u-1", 2)).ok());
  get(store().tenants().remove(reactor_, TenantId("demo"), at(500), std::nullopt));
  EXPECT_EQ(find(invitation(1)), "ticket_not_found") << "and goes with its tenant";
}

}  // namespace
}  // namespace gatehouse::testing
