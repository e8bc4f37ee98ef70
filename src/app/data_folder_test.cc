#include "data_folder.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <thread>

#include "gatehouse/identity/authenticator.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

class DataFolder_ : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-data-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string data() const { return folder_ / "data"; }
  Result<std::unique_ptr<DataFolder>> open_or_make() {
    return DataFolder::open(data(), Settings(), [this](const identity::FirstStart& first) { first_.emplace(first); });
  }
  Result<std::unique_ptr<DataFolder>> open_only() const { return DataFolder::open(data(), Settings(), nullptr); }
  static Result<identity::PrincipalPtr> present(DataFolder& folder, const std::string& key) {
    SystemRandom random;
    identity::House& house = folder.house();
    identity::Authenticator door({house.hasher(), random, house.registry().current(), nullptr});
    wire::RequestHead head;
    head.fields.push_back({"X-API-Key", key});
    return door.identify(head, SystemClock().wall(), identity::CredentialKind::any);
  }
  static mode_t mode_of(const std::filesystem::path& path) {
    struct stat found{};
    EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777U;
  }

  std::filesystem::path folder_;
  std::optional<identity::FirstStart> first_;
};

TEST_F(DataFolder_, FirstStartMakesAKeyThatWorksWithAllScopesButThePlatforms) {
  Result<std::unique_ptr<DataFolder>> made = open_or_make();
  ASSERT_TRUE(made.ok()) << made.error().describe();
  ASSERT_TRUE(first_);
  const Result<identity::PrincipalPtr> who = present(**made, first_->api_key.expose());
  ASSERT_TRUE(who.ok()) << who.error().describe();
  EXPECT_EQ((*who)->tenant, TenantId("demo"));
  for (const identity::Scope scope : identity::all_scopes()) {
    EXPECT_EQ((*who)->scopes.has(scope), scope != identity::Scope::platform_admin) << to_string(scope);
  }
}

TEST_F(DataFolder_, SignsWithTheAlgorithmThatTheFirstStartWasGiven) {
  for (const wire::JwsAlgorithm algorithm : wire::all_jws_algorithms) {
    Settings settings;
    settings.auth.algorithm = algorithm;
    const std::string folder = data() + std::string(to_string(algorithm));
    const auto made = DataFolder::open(folder, settings, [](const identity::FirstStart&) {});
    ASSERT_TRUE(made.ok()) << made.error().describe();
    EXPECT_EQ((*made)->house().registry().current()->signing_keys()->current.algorithms().only(), algorithm);
  }
}

TEST_F(DataFolder_, TheAdministratorLogsInWithThePasswordThatWasShown) {
  Result<std::unique_ptr<DataFolder>> made = open_or_make();
  ASSERT_TRUE(made.ok()) << made.error().describe();
  const SystemClock clock;
  Reactor reactor(0, clock);
  const identity::Login& login = (*made)->house().login();
  const auto token = run_task(reactor, login.by_password(reactor, {first_->admin, first_->admin_password}, {"", ""}));
  ASSERT_TRUE(token.ok()) << token.error().describe();
  EXPECT_EQ((*made)->house().tokens().inspect(token->access.token).refusal, "");
  const auto wrong = run_task(reactor, login.by_password(reactor, {first_->admin, Secret<std::string>("not it")}, {"", ""}));
  const auto nobody = run_task(reactor, login.by_password(reactor, {"nobody", first_->admin_password}, {"", ""}));
  EXPECT_EQ(wrong.error().describe(), nobody.error().describe());
}

TEST_F(DataFolder_, PasswordsCostWhatTheSettingsSayAndOlderOnesAreStillTaken) {
  Settings settings;
  settings.auth.password.memory = mib(7);
  settings.auth.password.passes = 5;
  const SystemClock clock;
  Reactor reactor(0, clock);
  const auto log_in = [&](DataFolder& folder) {
    const identity::Login& login = folder.house().login();
    return run_task(reactor, login.by_password(reactor, {first_->admin, first_->admin_password}, {"", ""}));
  };
  {
    auto made = DataFolder::open(data(), settings, [this](const identity::FirstStart& first) { first_.emplace(first); });
    ASSERT_TRUE(made.ok()) << made.error().describe();
    const auto admin = run_task(reactor, (*made)->store().users().find_by_name(reactor, "admin"));
    ASSERT_TRUE(admin.ok());
    EXPECT_THAT(admin->password_hash, ::testing::StartsWith("$argon2id$v=19$m=7168,t=5,p=1$"));
    EXPECT_TRUE(log_in(**made).ok());
  }
  Result<std::unique_ptr<DataFolder>> later = open_only();
  ASSERT_TRUE(later.ok()) << later.error().describe();
  EXPECT_TRUE(log_in(**later).ok());
  const auto admin = run_task(reactor, (*later)->store().users().find_by_name(reactor, "admin"));
  EXPECT_THAT(admin->password_hash, ::testing::StartsWith("$argon2id$v=19$m=19456,t=2,p=1$")) << "hashed again with what was at hand";
  EXPECT_TRUE(log_in(**later).ok());
}

TEST_F(DataFolder_, LetsNobodyElseReadWhatItMakes) {
  ASSERT_TRUE(open_or_make().ok());
  EXPECT_EQ(mode_of(data()), 0700U);
  EXPECT_EQ(mode_of(folder_ / "data" / "keys"), 0700U);
  EXPECT_EQ(mode_of(folder_ / "data" / "keys" / "master.key"), 0600U);
  EXPECT_EQ(mode_of(folder_ / "data" / "gatehouse.db"), 0600U);
}

TEST_F(DataFolder_, ASecondStartFindsWhatTheFirstMade) {
  ASSERT_TRUE(open_or_make().ok());
  const std::string key = first_->api_key.expose();
  first_.reset();
  Result<std::unique_ptr<DataFolder>> again = open_or_make();
  ASSERT_TRUE(again.ok()) << again.error().describe();
  EXPECT_FALSE(first_) << "shown once";
  EXPECT_TRUE(present(**again, key).ok());
}

TEST_F(DataFolder_, IsMadeBySomebodyWhoMayMakeItAlone) {
  EXPECT_EQ(open_only().error().reason(), "data_not_initialised");
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(DataFolder_, LostMasterKeyIsSaidAndNeverReplaced) {
  ASSERT_TRUE(open_or_make().ok());
  std::filesystem::remove(folder_ / "data" / "keys" / "master.key");
  EXPECT_EQ(open_or_make().error().reason(), "master_key_missing");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data" / "keys" / "master.key"));
}

TEST_F(DataFolder_, AnotherMasterKeyOpensNothing) {
  ASSERT_TRUE(open_or_make().ok());
  std::ofstream(folder_ / "data" / "keys" / "master.key", std::ios::binary) << std::string(32, 'x');
  EXPECT_EQ(open_or_make().error().reason(), "signing_key_damaged");
}

TEST_F(DataFolder_, OfManyFirstStartsAtOnceOneWins) {
  std::atomic<int> won = 0, refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([this, &won, &refused] {
        std::optional<identity::FirstStart> first;
        const auto folder = DataFolder::open(data(), Settings(), [&first](const identity::FirstStart& made) { first.emplace(made); });
        if (first) ++won;
        if (!folder) refused += folder.error().reason() == "data_in_use";
        EXPECT_TRUE(folder.ok() || folder.error().reason() == "data_in_use") << folder.error().describe();
      });
    }
  }
  EXPECT_EQ(won, 1);
}

TEST_F(DataFolder_, WaitsForItsTurn) {
  ASSERT_TRUE(open_or_make().ok());
  std::atomic<int> had = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([this, &had] { had += DataFolder::open_in_turn(data(), Settings(), nullptr).ok(); });
    }
  }
  EXPECT_EQ(had, 4);
}

TEST_F(DataFolder_, RemembersWhatItWasCalled) {
  Settings settings;
  for (const char* name : {"https://a.example.com", "https://b.example.com", "https://a.example.com"}) {
    settings.server.public_url = name;
    ASSERT_TRUE(DataFolder::open(data(), settings, [](const identity::FirstStart&) {}).ok());
  }
  const auto folder = open_only();
  ASSERT_TRUE(folder.ok());
  const identity::IssuersPtr issuers = (*folder)->house().registry().current()->issuers();
  EXPECT_EQ(issuers->own, "gatehouse");
  EXPECT_THAT(issuers->formerly, ::testing::UnorderedElementsAre("gatehouse", "https://a.example.com", "https://b.example.com"));
}

TEST_F(DataFolder_, OfABuildThatKeptKeysInAFileIsRefusedWithAdvice) {
  std::filesystem::create_directories(data());
  std::filesystem::permissions(data(), std::filesystem::perms::owner_all);
  std::ofstream(folder_ / "data" / "api_keys.json") << "{}";
  const auto refused = open_or_make();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "data_too_old");
  EXPECT_THAT(refused.error().public_text(), HasSubstr("another folder"));
}

TEST_F(DataFolder_, RefusesAFolderThatEverybodyMayWriteTo) {
  std::filesystem::create_directories(data());
  chmod(data().c_str(), 0777);
  EXPECT_EQ(open_or_make().error().reason(), "data_folder_exposed");
}

TEST_F(DataFolder_, SaysWhatCannotBeMade) {
  std::ofstream(data()) << "a file in the folder's place";
  const auto refused = open_or_make();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "data_io");
  EXPECT_THAT(refused.error().public_text(), HasSubstr(data()));
}

}  // namespace
}  // namespace gatehouse::app
