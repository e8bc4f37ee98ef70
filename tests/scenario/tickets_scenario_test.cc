// What is given to people for once: invitations, and tokens that set a password; and how long it is good.
#include "people.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using TicketsOverHttp = People;

TEST_F(TicketsOverHttp, ATicketSetsAPasswordOnceAndInItsTime) {
  const std::string id = make("ada");
  const LoginTokens before = login("ada");
  const auto offer = [&] { return member(post("/api/admin/users/" + id + "/reset", R"({"expires":"1h"})", operator_), "reset_token"); };
  const auto set = [this](const std::string& ticket, const std::string& password) {
    return post("/api/auth/reset", R"({"token":")" + ticket + R"(","new_password":")" + password + "\"}").status();
  };
  const std::string first = offer(), second = offer();
  EXPECT_EQ(set(first, "a new password of mine"), 400) << "the newest alone is good";
  EXPECT_EQ(set(second, "iloveyou"), 422);
  EXPECT_EQ(set(second, "a new password of mine"), 204);
  EXPECT_EQ(set(second, "another password of mine"), 400);
  EXPECT_EQ(me(before.access), "token_revoked");
  EXPECT_EQ(try_login("ada", "a new password of mine").status(), 200);
  const std::string late = offer();
  world_.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(set(late, "another password of mine"), 400);
  EXPECT_EQ(set("gt_none", "another password of mine"), 400);
}

TEST_F(TicketsOverHttp, ATicketEndsWithWhatItWasGivenFor) {
  const std::string id = make("ada");
  const auto offer = [&] { return member(post("/api/admin/users/" + id + "/reset", "{}", operator_), "reset_token"); };
  const auto set = [this](const std::string& ticket) {
    return post("/api/auth/reset", R"({"token":")" + ticket + R"(","new_password":"a new password of mine"})").status();
  };
  const std::string before_password = offer();
  ASSERT_EQ(post("/api/auth/password", R"({"current_password":")" + password_ + R"(","new_password":"the one that I chose"})",
                 login("ada").access)
                .status(),
            204);
  EXPECT_EQ(set(before_password), 400);
  const std::string before_address = offer();
  ASSERT_EQ(patch(id, R"({"email":"elsewhere@example.org"})", operator_).status(), 200);
  EXPECT_EQ(set(before_address), 400);
  EXPECT_EQ(try_login("ada", "the one that I chose").status(), 200);
  EXPECT_EQ(set(offer()), 204);
}

// Whoever administered once must not go on bringing people in by what they gave then.
TEST_F(TicketsOverHttp, WhatSomebodyGaveIsGoodAsLongAsTheyMightGiveIt) {
  const std::string chief = make("chief", R"(,"role":"tenant-admin")"), ada = make("ada");
  const LoginTokens in = login("chief");
  const FakeExchange& key = post("/api/keys", R"({"name":"x","scopes":["tenant:admin"]})", in.access);
  ASSERT_EQ(key.status(), 201) << key.sent();
  const auto invite = [this](const std::string& credential, const std::string& role = "member") {
    return member(post("/api/admin/invitations", R"({"role":")" + role + "\"}", credential), "invitation");
  };
  const auto come = [this](const std::string& name, const std::string& invitation) {
    return enrol(name, name + "@example.org", R"(,"invitation":")" + invitation + "\"").status();
  };
  const auto set = [this](const std::string& ticket) {
    return post("/api/auth/reset", R"({"token":")" + ticket + R"(","new_password":"a new password of mine"})").status();
  };
  const std::string theirs = invite(in.access), higher = invite(in.access, "tenant-admin"), by_key = invite(member(key, "key")),
                    another = invite(in.access), ours = invite(operator_);
  const std::string reset = member(post("/api/admin/users/" + ada + "/reset", "{}", in.access), "reset_token");
  EXPECT_EQ(come("while-chief", another), 200);
  ASSERT_EQ(patch(chief, R"({"role":"member"})", operator_).status(), 200);
  EXPECT_EQ(come("by-member", theirs), 400);
  EXPECT_EQ(come("by-member", higher), 400);
  EXPECT_EQ(come("by-member", by_key), 400) << "a key gives no more than its user";
  EXPECT_EQ(set(reset), 400);
  EXPECT_EQ(come("by-operator", ours), 200);
  ASSERT_EQ(patch(chief, R"({"role":"tenant-admin"})", operator_).status(), 200);
  EXPECT_EQ(come("by-chief", theirs), 200) << "who may again may";
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/keys/" + member(key, "id"), "", operator_).status(), 204);
  EXPECT_EQ(come("by-no-key", by_key), 400);
  ASSERT_EQ(ask(wire::Method::delete_, "/api/admin/users/" + chief, "", operator_).status(), 204);
  EXPECT_EQ(come("by-nobody", higher), 400);
  EXPECT_EQ(set(reset), 400);
}

// A tenant's own token is all that stands behind what is given with it.
TEST_F(TicketsOverHttp, WhatATenantsTokenGaveIsGoodAsLongAsThat) {
  const auto issue = [this](const std::string& lifetime) -> const FakeExchange& {
    return post("/api/admin/tokens", R"({"tenant_id":"demo","scopes":["tenant:admin"],"lifetime":")" + lifetime + "\"}", operator_);
  };
  const FakeExchange &lasting = issue("24h"), &short_lived = issue("60s");
  ASSERT_EQ(lasting.status(), 201) << lasting.sent();
  const auto invite = [this](const FakeExchange& issued) -> const FakeExchange& {
    const FakeExchange& made = post("/api/admin/invitations", "{}", member(issued, "token"));
    EXPECT_EQ(made.status(), 201) << made.sent();
    return made;
  };
  const auto come = [this](const std::string& name, const FakeExchange& made) {
    return enrol(name, name + "@example.org", R"(,"invitation":")" + member(made, "invitation") + "\"").status();
  };
  const FakeExchange &first = invite(lasting), &second = invite(lasting), &third = invite(lasting), &brief = invite(short_lived);
  EXPECT_EQ(member(brief, "expires_at"), member(short_lived, "expires_at")) << "and no longer";
  EXPECT_THAT(get("/api/admin/invitations", operator_).sent(), HasSubstr("\"created_by_token\":\"" + member(lasting, "jti")));
  EXPECT_EQ(come("while-good", first), 200);
  world_.clock.advance(seconds(61));
  EXPECT_EQ(come("too-late", brief), 400);
  ASSERT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", R"({"enabled":false})", operator_).status(), 200);
  EXPECT_NE(come("while-off", second), 200);
  ASSERT_EQ(ask(wire::Method::patch, "/api/admin/tenants/demo", R"({"enabled":true})", operator_).status(), 200);
  EXPECT_EQ(come("while-on", second), 200);
  ASSERT_EQ(post("/api/admin/revocations", R"({"jti":")" + member(lasting, "jti") + "\"}", operator_).status(), 204);
  EXPECT_EQ(come("by-nobody", third), 400);
}

// Whoever got in as somebody may have given some, and must not come back by them.
TEST_F(TicketsOverHttp, WhatSomebodyGaveEndsWithTheirPasswordAndWhenTheyAreSwitchedOff) {
  const std::string chief = make("chief", R"(,"role":"tenant-admin")"), ada = make("ada");
  const auto invite = [this](const std::string& with) { return member(post("/api/admin/invitations", "{}", with), "invitation"); };
  const auto come = [this](const std::string& name, const std::string& invitation) {
    return enrol(name, name + "@example.org", R"(,"invitation":")" + invitation + "\"").status();
  };
  const LoginTokens before = login("chief");
  const std::string invitation = invite(before.access);
  const std::string reset = member(post("/api/admin/users/" + ada + "/reset", "{}", before.access), "reset_token");
  ASSERT_EQ(post("/api/admin/users/" + chief + "/password", R"({"password":")" + password_ + "\"}", operator_).status(), 200);
  EXPECT_EQ(come("by-whom", invitation), 400);
  EXPECT_EQ(post("/api/auth/reset", R"({"token":")" + reset + R"(","new_password":"a new password of mine"})").status(), 400);
  const std::string another = invite(login("chief").access);
  for (const char* active : {"false", "true"}) {
    ASSERT_EQ(patch(chief, std::string(R"({"is_active":)") + active + "}", operator_).status(), 200);
    EXPECT_EQ(come("by-whom", another), 400) << active;
  }
  EXPECT_EQ(come("by-chief", invite(login("chief").access)), 200);
}

TEST_F(TicketsOverHttp, TokensThatSetAPasswordAreListedWithoutWhatTheyAreUsedByAndTakenBack) {
  ASSERT_EQ(post("/api/admin/tenants", R"({"tenant_id":"other"})", operator_).status(), 201);
  const std::string chief = make("chief", R"(,"role":"tenant-admin")"), ada = make("ada");
  const LoginTokens in = login("chief");
  const FakeExchange& made = post("/api/admin/users/" + ada + "/reset", "{}", in.access);
  const std::string id = member(made, "id"), text = member(made, "reset_token");
  ASSERT_FALSE(id.empty()) << made.sent();
  const FakeExchange& stranger = post("/api/admin/users", R"({"tenant_id":"other","username":"stranger"})", operator_);
  const std::string foreign = member(post("/api/admin/users/" + member(stranger, "id") + "/reset", "{}", operator_), "id");
  const FakeExchange& listed = get("/api/admin/resets", in.access);
  ASSERT_EQ(listed.status(), 200) << listed.sent();
  EXPECT_EQ(count(listed.sent(), "\"id\":"), 1U);
  for (const std::string& fact : {"\"id\":\"" + id, "\"user_id\":\"" + ada, "\"created_by_user_id\":\"" + chief}) {
    EXPECT_THAT(listed.sent(), HasSubstr(fact));
  }
  EXPECT_THAT(listed.sent(), Not(HasSubstr(text)));
  EXPECT_EQ(count(get("/api/admin/resets", operator_).sent(), "\"id\":"), 2U);
  EXPECT_EQ(count(get("/api/admin/resets?tenant=other", operator_).sent(), foreign), 1U);
  const auto take_back = [this](const std::string& one, const std::string& token) {
    return ask(wire::Method::delete_, "/api/admin/resets/" + one, "", token).status();
  };
  EXPECT_EQ(take_back(foreign, in.access), 404);
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/invitations/" + id, "", in.access).status(), 404) << "it is none";
  EXPECT_EQ(take_back(id, in.access), 204);
  EXPECT_EQ(take_back(id, in.access), 404);
  EXPECT_EQ(post("/api/auth/reset", R"({"token":")" + text + R"(","new_password":"a new password of mine"})").status(), 400);
}

TEST_F(TicketsOverHttp, InvitationsAreListedWithoutWhatTheyAreUsedByAndTakenBack) {
  ASSERT_EQ(post("/api/admin/tenants", R"({"tenant_id":"other"})", operator_).status(), 201);
  const std::string chief = make("chief", R"(,"role":"tenant-admin")");
  const LoginTokens in = login("chief");
  const FakeExchange& made = post("/api/admin/invitations", R"({"email":"ada@example.org"})", in.access);
  const std::string id = member(made, "id"), text = member(made, "invitation");
  const std::string foreign = member(post("/api/admin/invitations", R"({"tenant_id":"other"})", operator_), "id");
  ASSERT_FALSE(id.empty());
  const FakeExchange& listed = get("/api/admin/invitations", in.access);
  ASSERT_EQ(listed.status(), 200) << listed.sent();
  EXPECT_EQ(count(listed.sent(), "\"id\":"), 1U);
  for (const std::string& fact : {"\"id\":\"" + id, std::string(R"("tenant_id":"demo","role":"member","email":"ada@example.org")"),
                                  "\"created_by_user_id\":\"" + chief}) {
    EXPECT_THAT(listed.sent(), HasSubstr(fact));
  }
  EXPECT_THAT(listed.sent(), Not(HasSubstr(text)));
  EXPECT_EQ(count(get("/api/admin/invitations", operator_).sent(), "\"id\":"), 2U);
  EXPECT_EQ(count(get("/api/admin/invitations?tenant=other", operator_).sent(), foreign), 1U);
  const auto take_back = [this](const std::string& one, const std::string& token) -> const FakeExchange& {
    return ask(wire::Method::delete_, "/api/admin/invitations/" + one, "", token);
  };
  const FakeExchange &theirs = take_back(foreign, in.access), &missing = take_back("00000000-0000-4000-8000-000000000000", in.access);
  EXPECT_EQ(theirs.status(), 404);
  EXPECT_EQ(missing.status(), 404);
  EXPECT_EQ(member(theirs, "message"), member(missing, "message"));
  EXPECT_EQ(take_back(id, in.access).status(), 204);
  EXPECT_EQ(take_back(id, in.access).status(), 404);
  EXPECT_EQ(enrol("ada", "ada@example.org", R"(,"invitation":")" + text + "\"").status(), 400);
  make("bob");
  EXPECT_EQ(get("/api/admin/invitations", login("bob").access).status(), 403);
}

}  // namespace
}  // namespace gatehouse::testing
