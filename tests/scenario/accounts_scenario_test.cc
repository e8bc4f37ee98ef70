// People: registered, invited, made and changed by administrators of the platform and of tenants; and their passwords.
#include "people.h"

namespace gatehouse::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AccountsOverHttp : public People {
 protected:
  std::string hash_of(const std::string& name) {
    return world_.done(world_.house().registry().store().users().find_by_name(world_.reactor, name))->password_hash;
  }
};

TEST_F(AccountsOverHttp, WhoRegistersIsAMemberOfTheTenantThatIsOpen) {
  const FakeExchange& made = enrol("ada", "ada@example.org", R"(,"is_active":true,"is_superuser":false)");
  ASSERT_EQ(made.status(), 200) << made.sent();
  for (const char* fact : {R"("username":"ada")", R"("email":"ada@example.org")", R"("is_active":true,"is_superuser":false)",
                           R"("tenant_id":"demo","role":"member")", R"("created_at":"2)"}) {
    EXPECT_THAT(made.sent(), HasSubstr(fact));
  }
  EXPECT_THAT(made.sent(), Not(HasSubstr("password")));
  const LoginTokens in = login("ADA");
  EXPECT_THAT(get("/api/auth/me", in.access).sent(), HasSubstr("\"id\":\"" + member(made, "id")));
  EXPECT_EQ(get("/v1/models", in.access).status(), 200);
  EXPECT_EQ(get("/api/admin/users", in.access).status(), 403);
}

TEST_F(AccountsOverHttp, NamesAndAddressesAreRegisteredOnce) {
  ASSERT_EQ(enrol("ada", "ada@example.org").status(), 200);
  const FakeExchange &name = enrol("Ada", "other@example.org"), &address = enrol("bob", "ADA@example.org");
  EXPECT_EQ(name.status(), 400);
  EXPECT_THAT(name.sent(), HasSubstr("Username already registered"));
  EXPECT_EQ(address.status(), 400);
  EXPECT_THAT(address.sent(), HasSubstr("Email already registered"));
}

TEST_F(AccountsOverHttp, NobodyRegistersForMoreThanThereIs) {
  for (const char* more : {R"(,"is_superuser":true)", R"(,"is_active":false)"}) {
    const FakeExchange& refused = enrol("ada", "ada@example.org", more);
    EXPECT_EQ(refused.status(), 403) << more;
    EXPECT_THAT(refused.sent(), HasSubstr("Not enough permissions"));
  }
  for (const char* more : {R"(,"role":"tenant-admin")", R"(,"tenant_id":"system")", R"(,"scopes":["llm"])"}) {
    EXPECT_EQ(enrol("ada", "ada@example.org", more).status(), 422) << more;
  }
  for (const char* email : {"ada", "@b", "a@", "a b@c", "a@b@c"}) {
    const FakeExchange& refused = enrol("ada", email);
    EXPECT_EQ(refused.status(), 422) << email;
    EXPECT_THAT(refused.sent(), HasSubstr(R"("path":"/email")"));
  }
  for (const char* password : {"tiny pw", "iloveyou", "QWERTYUIOP"}) {
    const FakeExchange& refused =
        post("/api/auth/register", std::string(R"({"username":"ada","email":"a@b","password":")") + password + "\"}");
    EXPECT_EQ(refused.status(), 422) << password;
    EXPECT_THAT(refused.sent(), HasSubstr(R"("path":"/password")"));
    EXPECT_THAT(refused.sent(), Not(HasSubstr(password)));
  }
  EXPECT_EQ(enrol(" ada", "ada@example.org").status(), 422);
  EXPECT_EQ(enrol("ada", "ada@example.org", R"(,"invitation":"gt_none")").status(), 400);
  EXPECT_EQ(try_login("ada", password_).status(), 401) << "nobody was made";
}

TEST_F(AccountsOverHttp, AnInvitationBringsOnePersonToItsTenant) {
  ASSERT_EQ(post("/api/admin/tenants", R"({"tenant_id":"other"})", operator_).status(), 201);
  const FakeExchange& invited =
      post("/api/admin/invitations", R"({"tenant_id":"other","role":"tenant-admin","email":"ada@example.org","expires":"2h"})", operator_);
  ASSERT_EQ(invited.status(), 201) << invited.sent();
  const std::string with = R"(,"invitation":")" + member(invited, "invitation") + "\"";
  EXPECT_EQ(enrol("ada", "eve@example.org", with).status(), 400) << "it is for somebody else";
  ASSERT_EQ(enrol("taken", "x@example.org").status(), 200);
  EXPECT_EQ(enrol("taken", "ada@example.org", with).status(), 400) << "that does not use it up";
  const FakeExchange& made = enrol("ada", "Ada@example.org", with);
  ASSERT_EQ(made.status(), 200) << made.sent();
  EXPECT_THAT(made.sent(), HasSubstr(R"("tenant_id":"other","role":"tenant-admin")"));
  EXPECT_EQ(enrol("ada2", "ada@example.org", with).status(), 400) << "once";
  const FakeExchange& late = post("/api/admin/invitations", R"({"tenant_id":"other","expires":"10s"})", operator_);
  world_.clock.advance(seconds(10));
  EXPECT_EQ(enrol("bob", "bob@example.org", R"(,"invitation":")" + member(late, "invitation") + "\"").status(), 400);
  EXPECT_EQ(post("/api/admin/invitations", R"({"tenant_id":"nobody"})", operator_).status(), 404);
  EXPECT_EQ(post("/api/admin/invitations", R"({"tenant_id":"other","expires":"31d"})", operator_).status(), 422);
}

TEST_F(AccountsOverHttp, AnAdministratorMakesPeopleWithAPasswordOrDrawsOne) {
  const FakeExchange& made = post("/api/admin/users", R"({"tenant_id":"demo","username":"ada","email":"ada@example.org"})", operator_);
  ASSERT_EQ(made.status(), 201) << made.sent();
  EXPECT_EQ(try_login("ada", member(made, "password")).status(), 200);
  EXPECT_THAT(get("/api/admin/users/" + member(made, "id"), operator_).sent(), Not(HasSubstr("password")));
  make("bob");
  login("bob");
  EXPECT_EQ(post("/api/admin/users", R"({"tenant_id":"demo","username":"ada"})", operator_).status(), 409);
  EXPECT_EQ(post("/api/admin/users", R"({"tenant_id":"nobody","username":"eve"})", operator_).status(), 404);
  for (const char* wrong : {R"({"tenant_id":"demo","username":"ab"})", R"({"tenant_id":"demo","username":"eve","role":"root"})",
                            R"({"tenant_id":"demo","username":"eve","role":"platform-admin"})",
                            R"({"tenant_id":"demo","username":"eve","password":"iloveyou"})",
                            R"({"tenant_id":"demo","username":"eve","password_hash":"plain"})",
                            R"({"tenant_id":"demo","username":"eve\n"})", R"({"tenant_id":"demo","username":"eve","quota":1})"}) {
    EXPECT_EQ(post("/api/admin/users", wrong, operator_).status(), 422) << wrong;
  }
  EXPECT_EQ(post("/api/admin/users", R"({"username":"root2","role":"platform-admin"})", operator_).status(), 201) << "of the tenant system";
}

TEST_F(AccountsOverHttp, AreListedPageByPageAndFoundByName) {
  for (const char* name : {"ada", "bob", "eve"}) make(name);
  const FakeExchange& first = get("/api/admin/users?tenant=demo&limit=2", operator_);
  EXPECT_THAT(first.sent(), ::testing::EndsWith(R"("has_more":true})"));
  const std::size_t last = first.sent().rfind("\"id\":\"");
  const std::string id = first.sent().substr(last + 6, 36);
  EXPECT_THAT(get("/api/admin/users?tenant=demo&limit=2&after=" + id, operator_).sent(), ::testing::EndsWith(R"("has_more":false})"));
  EXPECT_THAT(get("/api/admin/users?username=BOB", operator_).sent(), HasSubstr(R"("username":"bob")"));
  EXPECT_THAT(get("/api/admin/users?username=bo", operator_).sent(), HasSubstr(R"("data":[])"));
}

TEST_F(AccountsOverHttp, AreChangedInTheVersionThatWasSeen) {
  const std::string id = make("ada");
  EXPECT_EQ(patch(id, R"({"email":"a@example.org"})", operator_, "\"1\"").status(), 200);
  EXPECT_EQ(patch(id, R"({"email":"b@example.org"})", operator_, "\"1\"").status(), 409);
  EXPECT_THAT(get("/api/admin/users/" + id, operator_).sent(), HasSubstr(R"("email":"a@example.org")"));
  EXPECT_EQ(patch(id, R"({"tenant_id":"other"})", operator_).status(), 422);
  EXPECT_EQ(patch(id, R"({"email":"none"})", operator_).status(), 422);
  EXPECT_EQ(patch("nobody", "{}", operator_).status(), 404);
}

TEST_F(AccountsOverHttp, AnAdministratorOfATenantReachesItsPeopleAlone) {
  ASSERT_EQ(post("/api/admin/tenants", R"({"tenant_id":"other"})", operator_).status(), 201);
  make("chief", R"(,"role":"tenant-admin")");
  const std::string ours = make("ada");
  const FakeExchange& made = post("/api/admin/users", R"({"tenant_id":"other","username":"bob"})", operator_);
  const std::string theirs = member(made, "id"), nobody = "00000000-0000-4000-8000-000000000000";
  const LoginTokens chief = login("chief");

  EXPECT_EQ(get("/api/admin/users/" + ours, chief.access).status(), 200);
  const FakeExchange& listed = get("/api/admin/users?tenant=other", chief.access);
  EXPECT_THAT(listed.sent(), HasSubstr(ours));
  EXPECT_THAT(listed.sent(), Not(HasSubstr(theirs)));
  EXPECT_THAT(get("/api/admin/users?username=bob", chief.access).sent(), HasSubstr(R"("data":[])"));
  const auto same = [&](wire::Method method, const std::string& behind, const std::string& body) {
    const FakeExchange &foreign = ask(method, "/api/admin/users/" + theirs + behind, body, chief.access),
                       &missing = ask(method, "/api/admin/users/" + nobody + behind, body, chief.access);
    EXPECT_EQ(foreign.status(), 404) << behind;
    EXPECT_EQ(missing.status(), 404) << behind;
    for (const char* part : {"message", "type", "param"}) EXPECT_EQ(member(foreign, part), member(missing, part)) << behind;
  };
  same(wire::Method::get, "", "");
  same(wire::Method::patch, "", R"({"is_active":false})");
  same(wire::Method::post, "/password", "{}");
  same(wire::Method::post, "/reset", "{}");
  same(wire::Method::delete_, "/sessions", "");
  for (const char* tenant : {"other", "nobody"}) {
    const std::string body = std::string(R"({"tenant_id":")") + tenant + "\"";
    EXPECT_EQ(post("/api/admin/users", body + R"(,"username":"eve"})", chief.access).status(), 404) << tenant;
    EXPECT_EQ(post("/api/admin/invitations", body + "}", chief.access).status(), 404) << tenant;
  }
  EXPECT_THAT(post("/api/admin/users", R"({"username":"eve"})", chief.access).sent(), HasSubstr(R"("tenant_id":"demo")"));
  EXPECT_EQ(post("/api/admin/users", R"({"username":"root","role":"platform-admin"})", chief.access).status(), 403);
  EXPECT_EQ(patch(ours, R"({"role":"platform-admin"})", chief.access).status(), 403);
}

// In the tenant that both are of.
TEST_F(AccountsOverHttp, AnAdministratorOfATenantDoesNotTouchThoseOfThePlatform) {
  const FakeExchange& made =
      post("/api/admin/users", R"({"username":"porter","role":"tenant-admin","password":")" + password_ + "\"}", operator_);
  ASSERT_EQ(made.status(), 201) << made.sent();
  const LoginTokens porter = login("porter");
  const std::string admin = member(get("/api/admin/users?username=admin", porter.access), "id");
  ASSERT_FALSE(admin.empty());
  for (const char* behind : {"/password", "/reset"}) {
    EXPECT_EQ(post("/api/admin/users/" + admin + behind, "{}", porter.access).status(), 403) << behind;
  }
  EXPECT_EQ(patch(admin, R"({"is_active":false})", porter.access).status(), 403);
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/users/" + admin + "/sessions", "", porter.access).status(), 403);
}

TEST_F(AccountsOverHttp, ANewPasswordEndsAllOtherSessions) {
  make("ada");
  const LoginTokens here = login("ada"), there = login("ada", "laptop");
  const auto change = [&](const std::string& current, const std::string& next) -> const FakeExchange& {
    return post("/api/auth/password", R"({"current_password":")" + current + R"(","new_password":")" + next + "\"}", here.access);
  };
  const FakeExchange& wrong = change("not the password", "a new password of mine");
  EXPECT_EQ(wrong.status(), 422);
  EXPECT_THAT(wrong.sent(), HasSubstr("/current_password"));
  EXPECT_THAT(change(password_, "iloveyou").sent(), HasSubstr("/new_password"));
  EXPECT_EQ(me(there.access), "200") << "nothing has changed";
  EXPECT_EQ(change(password_, "a new password of mine").status(), 204);
  EXPECT_EQ(me(here.access), "200");
  EXPECT_EQ(me(there.access), "token_revoked");
  EXPECT_EQ(refresh(there.refresh, "laptop").status(), 401);
  EXPECT_EQ(refresh(here.refresh).status(), 200);
  EXPECT_EQ(try_login("ada", password_).status(), 401);
  EXPECT_EQ(try_login("ada", "a new password of mine").status(), 200);
  EXPECT_EQ(post("/api/auth/password", R"({"current_password":"x","new_password":"y"})", world_.key()).status(), 403) << "a key has none";
}

TEST_F(AccountsOverHttp, AnAdministratorSetsAPasswordAndLogsOut) {
  const std::string id = make("ada");
  const LoginTokens first = login("ada");
  const FakeExchange& drawn = post("/api/admin/users/" + id + "/password", "{}", operator_);
  EXPECT_EQ(drawn.status(), 200);
  EXPECT_EQ(me(first.access), "token_revoked");
  EXPECT_EQ(try_login("ada", member(drawn, "password")).status(), 200);
  EXPECT_THAT(post("/api/admin/users/" + id + "/password", R"({"password":")" + password_ + "\"}", operator_).sent(),
              Not(HasSubstr("\"password\"")));
  const LoginTokens second = login("ada");
  EXPECT_EQ(ask(wire::Method::delete_, "/api/admin/users/" + id + "/sessions", "", operator_).status(), 204);
  EXPECT_EQ(me(second.access), "token_revoked");
  EXPECT_EQ(refresh(second.refresh).status(), 401);
}

TEST_F(AccountsOverHttp, AHashOfOthersIsTakenOnceAndBecomesOurs) {
  const FakeExchange& made = post(
      "/api/admin/users",
      R"({"tenant_id":"demo","username":"ada","password_hash":"$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"})", operator_);
  ASSERT_EQ(made.status(), 201) << made.sent();
  EXPECT_EQ(try_login("ada", "U*U").status(), 401);
  EXPECT_THAT(hash_of("ada"), ::testing::StartsWith("$2b$"));
  EXPECT_EQ(try_login("ada", "U*U*").status(), 200);
  EXPECT_THAT(hash_of("ada"), ::testing::StartsWith("$argon2id$"));
  EXPECT_EQ(patch(member(made, "id"), R"({"email":"a@example.org"})", operator_, "1").status(), 200) << "that is no change of theirs";
  EXPECT_EQ(try_login("ada", "U*U*").status(), 200);
}

// OAuth2 clients send forms; what they may be is what JSON may be.
TEST_F(AccountsOverHttp, AFormIsHeldToTheRulesOfJson) {
  make("ada");
  const auto form = [this](const std::string& body) {
    return ask(wire::Method::post, "/api/auth/login", body, "", {{"Content-Type", "application/x-www-form-urlencoded"}}).status();
  };
  EXPECT_EQ(form("username=ada&password=a+horse+of+another+colour&scope=&client_id=x"), 200);
  const std::string name(128, 'a'), password(1024, 'a');
  EXPECT_EQ(form("username=" + name + "&password=" + password), 401) << "the longest";
  for (const std::string& wrong :
       {"username=" + name + "a&password=x", "username=ada&password=" + password + "a", std::string("username=ada"),
        std::string("password=x"), std::string("username=&password=x"), std::string("username=ada&password=")}) {
    EXPECT_EQ(form(wrong), 422) << wrong;
  }
}

TEST_F(AccountsOverHttp, WhoGuessesWaitsWhetherThereIsSuchAUserOrNot) {
  make("ada");
  for (const char* name : {"ada", "nobody"}) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(try_login(name, "not the password").status(), 401) << name;
    const FakeExchange& slowed = try_login(name, password_);
    EXPECT_EQ(slowed.status(), 429) << name;
    EXPECT_THAT(slowed.fields(), HasSubstr("Retry-After: 1"));
  }
  world_.clock.advance(seconds(1));
  EXPECT_EQ(try_login("ada", password_).status(), 200);
  EXPECT_EQ(try_login("nobody", password_).status(), 401);
}

}  // namespace
}  // namespace gatehouse::testing
