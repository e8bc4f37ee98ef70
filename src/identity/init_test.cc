#include "gatehouse/identity/init.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>

#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/data_lock.h"
#include "test_folder.h"

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t seed = 47;
const WallTime start{seconds(1'700'000'000)};

Result<Principal> present(const KeyRing& ring, const std::string& key) {
  wire::RequestHead head;
  head.fields.push_back({"X-API-Key", key});
  return Authenticator(ring).identify(head, start, CredentialKind::any);
}

// Ends its process in the middle of the draw-th draw.
class DeadlyRandom final : public RandomSource {
 public:
  explicit DeadlyRandom(int draw) : left_(draw) {}
  void fill(std::span<std::byte> out) override {
    if (--left_ == 0) _exit(9);
    random_.fill(out);
  }

 private:
  int left_;
  SeededRandom random_{seed};
};

TEST(FirstStart, MakesAKeyThatWorksWithAllScopesButThePlatforms) {
  const TestFolder folder;
  SeededRandom random(seed);
  EXPECT_FALSE(is_initialised(folder.data()));
  const Result<FirstStart> first = initialise(folder.data(), random, start);
  ASSERT_TRUE(first.ok()) << first.error().describe();
  EXPECT_TRUE(is_initialised(folder.data()));
  EXPECT_EQ(first->tenant, TenantId("demo"));
  const Result<KeyRing> ring = open_identity(folder.data());
  ASSERT_TRUE(ring.ok()) << ring.error().describe();
  const Result<Principal> principal = present(*ring, first->api_key.expose());
  ASSERT_TRUE(principal.ok());
  for (const Scope scope : all_scopes()) EXPECT_EQ(principal->scopes.has(scope), scope != Scope::platform_admin) << to_string(scope);
}

TEST(FirstStart, LetsNobodyElseReadWhatItMakes) {
  const TestFolder folder;
  SeededRandom random(seed);
  ASSERT_TRUE(initialise(folder.path() / "a" / "b" / "data" / "", random, start).ok()) << "missing folders above, slash behind";
  const std::filesystem::path data = folder.path() / "a" / "b" / "data";
  EXPECT_EQ(mode_of(data), 0700U);
  EXPECT_EQ(mode_of(data / "keys"), 0700U);
  EXPECT_EQ(mode_of(data / "keys" / "master.key"), 0600U);
  EXPECT_EQ(mode_of(data / "api_keys.json"), 0600U);
}

TEST(FirstStart, ChangesNothingInAFolderThatIsInitialised) {
  const TestFolder folder;
  SeededRandom random(seed);
  ASSERT_TRUE(initialise(folder.data(), random, start).ok());
  const std::string key = contents(folder.data() / "keys" / "master.key"), file = contents(key_file_of(folder.data()));
  const Result<FirstStart> again = initialise(folder.data(), random, start);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().reason(), "already_initialised");
  EXPECT_EQ(contents(folder.data() / "keys" / "master.key"), key);
  EXPECT_EQ(contents(key_file_of(folder.data())), file);
}

TEST(FirstStart, LostMasterKeyIsSaidAndNeverReplaced) {
  const TestFolder folder;
  SeededRandom random(seed);
  ASSERT_TRUE(initialise(folder.data(), random, start).ok());
  std::filesystem::remove(folder.data() / "keys" / "master.key");
  EXPECT_EQ(open_identity(folder.data()).error().reason(), "master_key_missing");
  EXPECT_EQ(initialise(folder.data(), random, start).error().reason(), "already_initialised");
  EXPECT_FALSE(std::filesystem::exists(folder.data() / "keys" / "master.key"));
}

TEST(FirstStart, IsCompletedAfterADeathAtAnyDraw) {
  for (int draw = 1; draw <= 4; ++draw) {
    const TestFolder folder;
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      DeadlyRandom deadly(draw);
      (void)initialise(folder.data(), deadly, start);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 9) << "draw " << draw;
    EXPECT_FALSE(is_initialised(folder.data()));
    EXPECT_EQ(open_identity(folder.data()).error().reason(), "key_file_missing");

    const std::filesystem::path master = folder.data() / "keys" / "master.key";
    const bool had_key = std::filesystem::exists(master);
    EXPECT_EQ(had_key, draw > 1);
    const std::string before = contents(master);
    SystemRandom random;
    const Result<FirstStart> first = initialise(folder.data(), random, start);
    ASSERT_TRUE(first.ok()) << first.error().describe();
    EXPECT_TRUE(present(*open_identity(folder.data()), first->api_key.expose()).ok());
    if (had_key) {
      EXPECT_EQ(contents(master), before);
    }
  }
}

TEST(FirstStart, ThrowsAwayHalfWrittenFilesOfAnEarlierTry) {
  const TestFolder folder;
  std::filesystem::create_directories(folder.data() / "keys");
  chmod((folder.data() / "keys").c_str(), 0700);
  put(folder.data() / "keys" / "master.key.new", "half");
  put(folder.data() / "api_keys.json.new", "{\"vers");
  SeededRandom random(seed);
  const Result<FirstStart> first = initialise(folder.data(), random, start);
  ASSERT_TRUE(first.ok()) << first.error().describe();
  EXPECT_TRUE(present(*open_identity(folder.data()), first->api_key.expose()).ok());
  EXPECT_FALSE(std::filesystem::exists(folder.data() / "keys" / "master.key.new"));
  EXPECT_FALSE(std::filesystem::exists(folder.data() / "api_keys.json.new"));
}

TEST(FirstStart, OfManyAtOnceOneWins) {
  const TestFolder folder;
  std::atomic<int> won = 0, late = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&folder, &won, &late] {
        SystemRandom random;
        const Result<FirstStart> first = initialise(folder.data(), random, start);
        if (!first) {
          late += first.error().reason() == "already_initialised";
        } else {
          won += present(*open_identity(folder.data()), first->api_key.expose()).ok();
        }
      });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(late, 7);
}

TEST(FirstStart, RefusesAFolderThatEverybodyMayWriteTo) {
  const TestFolder folder;
  std::filesystem::create_directories(folder.data());
  chmod(folder.data().c_str(), 0777);
  SeededRandom random(seed);
  const Result<FirstStart> refused = initialise(folder.data(), random, start);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "data_folder_exposed");
  EXPECT_FALSE(is_initialised(folder.data()));
}

TEST(FirstStart, SaysWhatCannotBeMade) {
  const TestFolder folder;
  put(folder.data(), "a file in the folder's place");
  SeededRandom random(seed);
  const Result<FirstStart> refused = initialise(folder.data(), random, start);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "data_io");
  EXPECT_THAT(refused.error().public_text(), HasSubstr(folder.data().string()));
}

TEST(DataLock, NamesTheProcessThatHoldsIt) {
  const TestFolder folder;
  Result<DataLock> held = DataLock::take(folder.data());
  ASSERT_TRUE(held.ok()) << held.error().describe();
  const Result<DataLock> second = DataLock::take(folder.data());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason(), "data_in_use");
  EXPECT_THAT(second.error().public_text(), HasSubstr("process " + std::to_string(getpid())));
  EXPECT_EQ(contents(folder.data() / "lock"), std::to_string(getpid()) + "\n");
  const Result<DataLock> third = DataLock::take(folder.data());
  EXPECT_FALSE(third.ok()) << "an attempt that failed must not let go of the lock";
}

TEST(DataLock, IsFreeOnceItsHolderIsGone) {
  const TestFolder folder;
  {
    ASSERT_TRUE(DataLock::take(folder.data()).ok());
  }
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Result<DataLock> held = DataLock::take(folder.data());
    _exit(held.ok() ? 0 : 1);  // no destructor runs
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(DataLock::take(folder.data()).ok());
}

TEST(DataLock, AndFirstStartGoTogether) {
  const TestFolder folder;
  const Result<DataLock> held = DataLock::take(folder.data());
  ASSERT_TRUE(held.ok());
  SeededRandom random(seed);
  EXPECT_TRUE(initialise(folder.data(), random, start).ok());
}

}  // namespace
}  // namespace gatehouse::identity
