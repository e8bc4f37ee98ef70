#include "gatehouse/identity/directory.h"

#include <gmock/gmock.h>

#include "gatehouse/identity/name_list.h"
#include "test_people.h"

namespace gatehouse::identity {
namespace {

TEST(SharedMap, ACopyKeepsWhatItHadWhenTheOtherChanges) {
  SharedMap<std::string, int> first;
  for (int i = 0; i < 1000; ++i) first.put(std::to_string(i), i);
  SharedMap<std::string, int> second = first;
  second.put("7", -7);
  second.erase("8");
  second.erase_if([](int value) { return value >= 500; });
  EXPECT_EQ(*first.find("7"), 7);
  EXPECT_NE(first.find("8"), nullptr);
  EXPECT_EQ(first.size(), 1000U);
  EXPECT_EQ(*second.find("7"), -7);
  EXPECT_EQ(second.find("8"), nullptr);
  EXPECT_EQ(second.size(), 499U);
}

TEST(NameList, StarIsAllAndNothingIsNone) {
  EXPECT_FALSE(NameList().has("a"));
  EXPECT_FALSE(NameList(std::vector<std::string>{}).has("a"));
  EXPECT_TRUE(NameList({"b", "a"}).has("a"));
  EXPECT_FALSE(NameList({"b", "a"}).has("c"));
  EXPECT_TRUE(NameList({"b", "*"}).has("c"));
}

TEST(Directory, OlderRecordsChangeNothing) {
  Directory directory;
  store::Tenant tenant = make_test_tenant("demo", 1);
  tenant.version = 2;
  directory.put(tenant);
  const std::uint64_t version = directory.version();
  tenant.version = 1;
  tenant.enabled = false;
  directory.put(tenant);
  EXPECT_TRUE(directory.tenant(TenantId("demo"))->record.enabled);
  EXPECT_EQ(directory.version(), version);
}

TEST(Directory, KnowsWhoHasBeenSwitchedOffInWhateverOrderItIsTold) {
  Directory directory;
  EXPECT_FALSE(directory.inactive("u")) << "nothing was said of them";
  store::User user(store::UserId("u"), TenantId("demo"));
  user.version = 3;
  user.is_active = false;
  directory.put(user);
  EXPECT_TRUE(directory.inactive("u"));
  user.version = 2;
  user.is_active = true;
  directory.put(user);
  EXPECT_TRUE(directory.inactive("u")) << "that is older";
  user.version = 4;
  const std::uint64_t version = directory.version();
  directory.put(user);
  EXPECT_FALSE(directory.inactive("u"));
  EXPECT_GT(directory.version(), version);
}

TEST(Directory, RevokesWhatWasIssuedBefore) {
  Directory directory;
  directory.put(store::Revocation(store::RevocationKind::user, "u", test_moment));
  const std::int64_t second = unix_seconds(test_now);
  EXPECT_TRUE(directory.revoked(store::RevocationKind::user, "u", second));
  EXPECT_FALSE(directory.revoked(store::RevocationKind::user, "u", second + 1));
  EXPECT_FALSE(directory.revoked(store::RevocationKind::session, "u", second)) << "another kind of name";
  EXPECT_FALSE(directory.revoked(store::RevocationKind::user, "", second)) << "what has no name cannot be named";
}

TEST(Directory, AnEarlierRevocationDoesNotTakeBackALaterOne) {
  Directory directory;
  directory.put(store::Revocation(store::RevocationKind::user, "u", test_moment + seconds(10)));
  directory.put(store::Revocation(store::RevocationKind::user, "u", test_moment));
  EXPECT_TRUE(directory.revoked(store::RevocationKind::user, "u", unix_seconds(test_now) + 5));
}

TEST(Directory, ForgetsRevocationsThatCanMatchNothing) {
  Directory directory;
  store::Revocation revocation(store::RevocationKind::token_id, "t", test_moment);
  revocation.expires = test_moment + seconds(5);
  directory.put(revocation);
  directory.forget_revocations(unix_seconds(test_now) + 4);
  EXPECT_TRUE(directory.revoked(store::RevocationKind::token_id, "t", 0));
  directory.forget_revocations(unix_seconds(test_now) + 5);
  EXPECT_FALSE(directory.revoked(store::RevocationKind::token_id, "t", 0));
}

TEST(Directory, TakesChangesOfATenantInAnyOrder) {
  const store::Tenant first = make_test_tenant("demo", 1);
  store::Tenant changed = first, second = make_test_tenant("demo", 5);
  changed.version = 9;
  Directory directory;
  directory.put(first);
  directory.remove_tenant(TenantId("demo"), 1);
  directory.put(changed);
  EXPECT_EQ(directory.tenant(TenantId("demo")), nullptr) << "a change that was made before the removal";
  directory.put(second);
  ASSERT_NE(directory.tenant(TenantId("demo")), nullptr) << "another of that name, whatever its version";
  directory.remove_tenant(TenantId("demo"), 1);
  EXPECT_EQ(directory.tenant(TenantId("demo"))->record.number, 5U) << "the removal of the first";
}

TEST(Directory, KnowsTheTimeZonesOfItsTenants) {
  Directory directory;
  store::Tenant tenant = make_test_tenant("demo", 1);
  directory.put(tenant);
  const Directory before = directory;
  tenant.time_zone = "Europe/Berlin";
  ++tenant.version;
  directory.put(tenant);
  EXPECT_EQ(directory.time_zones(), (std::set<std::string>{"Europe/Berlin", "UTC"}));
  EXPECT_EQ(before.time_zones(), (std::set<std::string>{"UTC"}));
}

TEST(Directory, HasNoKeysOfATenantThatIsGoneOrCameLater) {
  People people;
  (void)people.add_key("demo");
  store::ApiKey late = people.records.front();
  people.change([](Directory& directory) { directory.remove_tenant(TenantId("demo"), 1); });
  people.change([&late](Directory& directory) { directory.put(late); });
  EXPECT_EQ(people.directory->keys(), 0U);
  people.change([&late](Directory& directory) {
    store::Tenant another = make_test_tenant("demo", 5);
    another.created = late.created + seconds(1);
    directory.put(another);
    directory.put(late);
  });
  EXPECT_EQ(people.directory->keys(), 0U);
}

TEST(Directory, ATenantGoesWithItsKeys) {
  People people;
  (void)people.add_key("demo");
  (void)people.add_key("other");
  people.change([](Directory& directory) { directory.remove_tenant(TenantId("demo"), 1); });
  EXPECT_EQ(people.directory->keys(), 1U);
  EXPECT_EQ(people.directory->tenant(TenantId("demo")), nullptr);
}

TEST(Scopes, AreLimitedToTheTasksOfATenant) {
  const Scopes granted{Scope::llm, Scope::nlu}, one{Scope::ner};
  EXPECT_EQ(granted.limited_to_tasks(Scopes::known(all_tasks())).names(),
            Scopes({Scope::llm, Scope::nlu, Scope::ner, Scope::re, Scope::event, Scope::absa, Scope::sentiment, Scope::classification,
                    Scope::match, Scope::nli, Scope::qa})
                .names());
  EXPECT_EQ(granted.limited_to_tasks(one), (Scopes{Scope::llm, Scope::ner}));
  EXPECT_EQ(one.limited_to_tasks(Scopes()), Scopes());
}

}  // namespace
}  // namespace gatehouse::identity
