#include "gatehouse/identity/grants.h"

#include <gmock/gmock.h>

#include "gatehouse/identity/roles.h"

namespace gatehouse::identity {
namespace {

Grants narrow() {
  Grants grants;
  grants.scopes = {Scope::llm, Scope::ner};
  grants.models = NameList({"a", "b"});
  grants.ceilings.max_tokens = 100;
  return grants;
}

TEST(Grants, OfTheRolesThatEveryTenantHasGrow) {
  const Grants member = Grants::of_built_in("member"), chief = Grants::of_built_in("tenant-admin"),
               platform = Grants::of_built_in("platform-admin");
  EXPECT_TRUE(within(member, chief));
  EXPECT_TRUE(within(chief, platform));
  EXPECT_TRUE(within(platform, Grants::everything()));
  EXPECT_FALSE(within(chief, member));
  EXPECT_FALSE(within(platform, chief));
  EXPECT_FALSE(member.scopes.has(Scope::tenant_admin));
  EXPECT_FALSE(chief.scopes.has(Scope::platform_admin));
  EXPECT_TRUE(within(Grants(), member)) << "nothing is within everything";
  EXPECT_FALSE(within(member, Grants()));
}

TEST(Grants, AreWithinOthersOnlyInEveryRespect) {
  EXPECT_TRUE(within(narrow(), narrow()));
  const auto is_within = [](auto widen) {
    Grants some = narrow();
    widen(some);
    return within(some, narrow());
  };
  EXPECT_FALSE(is_within([](Grants& g) { g.scopes.add(Scope::keys_write); }));
  EXPECT_FALSE(is_within([](Grants& g) { g.scopes.add(Scope::nlu); })) << "all nine are more than one";
  EXPECT_FALSE(is_within([](Grants& g) { g.models = NameList({"a", "c"}); }));
  EXPECT_FALSE(is_within([](Grants& g) { g.models = NameList::everything(); }));
  EXPECT_FALSE(is_within([](Grants& g) { g.ceilings.max_tokens = 101; }));
  EXPECT_FALSE(is_within([](Grants& g) { g.ceilings.max_tokens.reset(); })) << "no ceiling is above every ceiling";
  EXPECT_TRUE(is_within([](Grants& g) {
    g.scopes = {Scope::ner};
    g.models = NameList({"b"});
    g.ceilings.max_tokens = 100;
    g.ceilings.n = 1;
    g.ceilings.temperature = 0;
  }));
}

TEST(Grants, OfARoleLeaveOutTasksThatItHasNot) {
  store::Role role(TenantId("demo"), "analyst");
  role.scopes = {"nlu", "llm", "one of a later version"};
  role.tasks = {"ner", "qa"};
  role.models = {"a"};
  role.n = 2;
  const Grants grants = Grants::of(role);
  EXPECT_EQ(grants.scopes, (Scopes{Scope::llm, Scope::ner, Scope::qa}));
  EXPECT_TRUE(grants.models.has("a"));
  EXPECT_FALSE(grants.models.has("b"));
  EXPECT_EQ(grants.ceilings.n, 2U);
  EXPECT_EQ(grants.ceilings.temperature, std::nullopt);
}

TEST(ScopesOfPeople, AreWithModelsNoMoreThanTheTenantHas) {
  const Scopes most = scopes_of_people({Scope::ner}, TenantId("demo"));
  EXPECT_TRUE(most.has(Scope::ner));
  EXPECT_FALSE(most.has(Scope::re));
  EXPECT_FALSE(most.has(Scope::llm));
  EXPECT_TRUE(most.has(Scope::tenant_admin));
  EXPECT_TRUE(most.has(Scope::usage_read));
  EXPECT_FALSE(most.has(Scope::platform_admin));
  EXPECT_TRUE(scopes_of_people({}, TenantId("system")).has(Scope::platform_admin));
}

// "ok", or why not.
std::string applied(const RoleWish& wish, Scopes tenant = usual_scopes()) {
  store::Role role(TenantId("demo"), "analyst");
  const Status done = apply(wish, tenant, role);
  return done.ok() ? "ok" : std::string(done.error().reason()) + " " + done.error().param();
}

TEST(RoleWishes, GiveNothingThatTheTenantHasNot) {
  RoleWish wish;
  EXPECT_EQ(applied(wish), "ok");
  wish.scopes = {"llm", "tenant:admin", "audit:read"};
  EXPECT_EQ(applied(wish), "ok");
  EXPECT_EQ(applied(wish, {Scope::nlu}), "scope_not_allowed scopes");
  wish.scopes = {"platform:admin"};
  EXPECT_EQ(applied(wish), "scope_not_allowed scopes");
  store::Role of_system(TenantId("system"), "porter");
  EXPECT_FALSE(apply(wish, usual_scopes(), of_system).ok()) << "nor the tenant that runs the installation";
  wish.scopes = {"llm", "root"};
  EXPECT_EQ(applied(wish), "scope_unknown scopes");
  wish.scopes.reset();
  wish.tasks = {"ner", "llm"};
  EXPECT_EQ(applied(wish), "task_unknown tasks");
  wish.tasks.reset();
  wish.temperature = {true, 3.0};
  EXPECT_EQ(applied(wish), "record_invalid temperature");
}

TEST(RoleWishes, TakeCeilingsAwayWhereTheySayNone) {
  store::Role role(TenantId("demo"), "analyst");
  role.max_tokens = 100;
  role.n = 2;
  RoleWish wish;
  wish.max_tokens = {true, std::nullopt};
  wish.temperature = {true, 0.5};
  ASSERT_TRUE(apply(wish, usual_scopes(), role).ok());
  EXPECT_EQ(role.max_tokens, std::nullopt);
  EXPECT_EQ(role.n, 2U) << "of which nothing was said";
  EXPECT_EQ(role.temperature, 0.5);
}

}  // namespace
}  // namespace gatehouse::identity
