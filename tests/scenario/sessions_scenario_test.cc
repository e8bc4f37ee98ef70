// Sessions: begun by a login, kept alive by refresh tokens, and ended in every way that there is.
#include "people.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using SessionsOverHttp = People;

TEST_F(SessionsOverHttp, ARefreshTokenIsGoodOnceAndGivesTheNext) {
  make("ada");
  LoginTokens now = login("ada");
  for (int i = 0; i < 3; ++i) {
    const FakeExchange& answer = refresh(now.refresh);
    ASSERT_EQ(answer.status(), 200) << answer.sent();
    for (const char* fact : {R"("token_type":"bearer")", R"("expires_in":1800)"}) EXPECT_THAT(answer.sent(), HasSubstr(fact));
    const LoginTokens next{member(answer, "access_token"), member(answer, "refresh_token")};
    EXPECT_NE(next.refresh, now.refresh);
    EXPECT_NE(next.access, now.access);
    EXPECT_EQ(me(next.access), "200");
    now = next;
  }
  EXPECT_EQ(get("/api/auth/me", now.refresh).status(), 401) << "it is no access token";
  for (const std::string& none : {std::string("x"), now.access, now.refresh + "x", "gr_" + std::string(108, 'a')}) {
    const FakeExchange& refused = refresh(none);
    EXPECT_TRUE(refused.status() == 401 || refused.status() == 422) << none << refused.sent();
  }
  EXPECT_EQ(refresh(now.refresh).status(), 200) << "nothing has ended by that";
}

TEST_F(SessionsOverHttp, RequestsThatGoOutTogetherGetTheSameAnswer) {
  make("ada");
  const LoginTokens first = login("ada");
  std::vector<FakeExchange*> asked;
  for (int i = 0; i < 4; ++i) {
    asked.push_back(&world_.ask(
        Ask{wire::Method::post, "/api/auth/refresh", {{"User-Agent", "phone"}}, R"({"refresh_token":")" + first.refresh + "\"}"}));
  }
  const std::string child = member(refresh(first.refresh), "refresh_token");
  for (const FakeExchange* one : asked) {
    while (!one->handled) world_.reactor.context().run_one_for(milliseconds(10));
    EXPECT_EQ(one->status(), 200) << one->sent();
    EXPECT_EQ(member(*one, "refresh_token"), child);
  }
  EXPECT_EQ(refresh(child).status(), 200);
}

TEST_F(SessionsOverHttp, AnotherClientWithAUsedTokenEndsTheSession) {
  make("ada");
  const LoginTokens first = login("ada"), other = login("ada", "laptop");
  const FakeExchange& moved = refresh(first.refresh);
  const LoginTokens second{member(moved, "access_token"), member(moved, "refresh_token")};
  const FakeExchange& stolen = refresh(first.refresh, "thief");
  EXPECT_EQ(stolen.status(), 401);
  EXPECT_THAT(stolen.sent(), HasSubstr("Token has been revoked"));
  EXPECT_EQ(refresh(second.refresh).status(), 401) << "nor is the newest taken any more";
  EXPECT_EQ(refresh(first.refresh).status(), 401);
  for (const LoginTokens* ended : {&first, &second}) EXPECT_EQ(me(ended->access), "token_revoked");
  EXPECT_EQ(me(other.access), "200") << "another session of the user";
  EXPECT_EQ(refresh(other.refresh, "laptop").status(), 200);
}

TEST_F(SessionsOverHttp, TheSameClientTooLateEndsTheSession) {
  make("ada");
  const LoginTokens first = login("ada");
  const std::string second = member(refresh(first.refresh), "refresh_token");
  world_.clock.advance(seconds(9));
  EXPECT_EQ(member(refresh(first.refresh), "refresh_token"), second);
  world_.clock.advance(seconds(1));
  EXPECT_EQ(refresh(first.refresh).status(), 401);
  EXPECT_EQ(refresh(second).status(), 401);
}

TEST_F(SessionsOverHttp, ExpireWhenNobodyUsesThem) {
  make("ada");
  const LoginTokens first = login("ada");
  world_.clock.advance(std::chrono::days(30) - seconds(1));
  const std::string second = member(refresh(first.refresh), "refresh_token");
  world_.clock.advance(std::chrono::days(30));
  const FakeExchange& late = refresh(second);
  EXPECT_EQ(late.status(), 401);
  EXPECT_THAT(late.sent(), HasSubstr("Token has expired"));
}

TEST_F(SessionsOverHttp, LoggingOutEndsTokenAndFamily) {
  make("ada");
  const LoginTokens first = login("ada"), other = login("ada", "laptop");
  const std::string second = member(refresh(first.refresh), "refresh_token");
  EXPECT_EQ(post("/api/auth/logout", "", first.access).status(), 204);
  EXPECT_EQ(me(first.access), "token_revoked");
  EXPECT_EQ(refresh(second).status(), 401);
  EXPECT_EQ(me(other.access), "200");
}

TEST_F(SessionsOverHttp, TheOneTooManyEndsTheOneThatWasUsedLongestAgoWithItsTokens) {
  make("ada");
  const LoginTokens first = login("ada");
  world_.clock.advance(seconds(1));
  const LoginTokens second = login("ada");
  world_.clock.advance(seconds(1));
  for (std::size_t n = 2; n < identity::SessionRules().most; ++n) login("ada");
  EXPECT_EQ(me(first.access), "200");
  login("ada");
  EXPECT_EQ(me(first.access), "token_revoked");
  EXPECT_EQ(refresh(first.refresh).status(), 401);
  EXPECT_EQ(me(second.access), "200");
}

// Whose password was right when they asked for a session may have been switched off, or have another one, before it begins.
TEST_F(SessionsOverHttp, DoNotBeginForWhoIsNotThatUserAnyMore) {
  make("ada");
  const store::User before = *world_.done(world_.house().users().find_by_name(world_.reactor, store::Reach::everything(), "ada"));
  const auto begin = [&](const store::User& user) {
    const auto begun = world_.done(world_.house().sessions().begin(world_.reactor, user, identity::Client("127.0.0.1", "phone")));
    return begun ? std::string("begun") : std::string(begun.error().reason());
  };
  EXPECT_EQ(begin(before), "begun");
  ASSERT_EQ(post("/api/auth/password", R"({"current_password":")" + password_ + R"(","new_password":"a new password of mine"})",
                 login("ada").access)
                .status(),
            204);
  EXPECT_EQ(begin(before), "user_changed");
  const store::User after = *world_.done(world_.house().users().find_by_name(world_.reactor, store::Reach::everything(), "ada"));
  EXPECT_EQ(begin(after), "begun");
  ASSERT_EQ(ask(wire::Method::patch, "/api/admin/users/" + after.id.value(), R"({"is_active":false})", operator_).status(), 200);
  EXPECT_EQ(begin(after), "user_changed");
}

TEST_F(SessionsOverHttp, AreListedAndEndedByTheirOwnerAlone) {
  make("ada"), make("bob");
  const LoginTokens phone = login("ada"), laptop = login("ada", "laptop \xff\""), bobs = login("bob");
  const FakeExchange& listed = get("/api/auth/sessions", phone.access);
  EXPECT_EQ(listed.status(), 200);
  for (const char* fact :
       {R"("user_agent":"phone","current":true)", R"("user_agent":"laptop ?\"","current":false)", R"("address":"127.0.0.1")"}) {
    EXPECT_THAT(listed.sent(), HasSubstr(fact));
  }
  const std::string bobs_session = member(get("/api/auth/sessions", bobs.access), "id");
  const auto end = [this](const std::string& id, const std::string& token) -> const FakeExchange& {
    return ask(wire::Method::delete_, "/api/auth/sessions/" + id, "", token);
  };
  const FakeExchange &foreign = end(bobs_session, phone.access), &missing = end("00000000000000000000000000000000", phone.access);
  EXPECT_EQ(foreign.status(), 404);
  EXPECT_EQ(missing.status(), 404);
  EXPECT_EQ(member(foreign, "message"), member(missing, "message"));
  EXPECT_EQ(me(bobs.access), "200");
  const std::string mine = member(get("/api/auth/sessions", laptop.access), "id");
  EXPECT_EQ(end(mine, laptop.access).status(), 204);
  EXPECT_THAT((std::vector<std::string>{me(phone.access), me(laptop.access)}), ::testing::UnorderedElementsAre("200", "token_revoked"));
  EXPECT_EQ(get("/api/auth/sessions", world_.key()).status(), 403) << "a key has none";
  EXPECT_EQ(get("/api/auth/sessions", operator_).status(), 403);
}

// OAuth2 clients know a route and an error of their own.
TEST_F(SessionsOverHttp, AreRefreshedByAnOAuthFormToo) {
  make("ada");
  const LoginTokens first = login("ada");
  const auto grant = [this](const std::string& token) -> const FakeExchange& {
    return ask(wire::Method::post, "/token", "grant_type=refresh_token&refresh_token=" + token, "",
               {{"Content-Type", "application/x-www-form-urlencoded"}, {"User-Agent", "phone"}});
  };
  const FakeExchange& answer = grant(first.refresh);
  ASSERT_EQ(answer.status(), 200) << answer.sent();
  EXPECT_EQ(me(member(answer, "access_token")), "200");
  const FakeExchange& refused = grant("x");
  EXPECT_EQ(refused.status(), 400);
  EXPECT_THAT(refused.sent(), HasSubstr(R"("error":"invalid_grant")"));
}

TEST_F(SessionsOverHttp, WhatAUserMayDoIsWhatTheirRoleGivesThen) {
  const std::string id = make("ada", R"(,"role":"tenant-admin")");
  const LoginTokens first = login("ada");
  EXPECT_EQ(get("/api/admin/users", first.access).status(), 200);
  EXPECT_EQ(ask(wire::Method::patch, "/api/admin/users/" + id, R"({"role":"member"})", operator_).status(), 200);
  EXPECT_EQ(me(first.access), "token_revoked");
  const FakeExchange& next = refresh(first.refresh);
  ASSERT_EQ(next.status(), 200) << "the session goes on, in the very second";
  EXPECT_EQ(me(member(next, "access_token")), "200");
  EXPECT_EQ(get("/api/admin/users", member(next, "access_token")).status(), 403);
}

TEST_F(SessionsOverHttp, EndAtOnceWithTheirUser) {
  const std::string id = make("ada");
  const LoginTokens first = login("ada");
  const FakeExchange& key = post("/api/admin/keys", R"({"tenant_id":"demo","name":"x","user_id":")" + id + "\"}", operator_);
  ASSERT_EQ(key.status(), 201);
  world_.engine.hold(true);
  const FakeExchange& running = world_.ask(Ask{wire::Method::post,
                                               "/v1/chat/completions",
                                               {{"Authorization", "Bearer " + first.access}},
                                               R"({"messages":[{"role":"user","content":"Hi"}],"stream":true})"});
  EXPECT_FALSE(running.handled);
  const auto switch_to = [&](const char* active) {
    return ask(wire::Method::patch, "/api/admin/users/" + id, std::string(R"({"is_active":)") + active + "}", operator_).status();
  };
  EXPECT_EQ(switch_to("false"), 200);
  EXPECT_TRUE(running.handled) << "what was being answered has ended";
  EXPECT_EQ(running.status(), 403);
  EXPECT_THAT(running.sent(), HasSubstr("Inactive user"));
  world_.engine.hold(false);
  EXPECT_EQ(me(first.access), "user_inactive");
  EXPECT_EQ(me(member(key, "key")), "user_inactive") << "and what the user's keys are for";
  EXPECT_EQ(refresh(first.refresh).status(), 401);
  EXPECT_EQ(try_login("ada", password_).status(), 403);
  EXPECT_EQ(try_login("ada", "not the password").status(), 401) << "only who has the password is told";
  EXPECT_EQ(switch_to("true"), 200);
  EXPECT_EQ(me(first.access), "token_revoked") << "what was issued before stays ended";
  EXPECT_EQ(me(member(key, "key")), "200");
  EXPECT_EQ(me(login("ada").access), "200");
}

}  // namespace
}  // namespace gatehouse::testing
