#include "gatehouse/identity/api_keys.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "gatehouse/base/hex.h"
#include "test_folder.h"

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr std::uint64_t seed = 23;
const WallTime start{seconds(1'700'000'000)};

KeyHasher hasher(char fill = 'k') { return *KeyHasher::make(Secret<std::string>(std::string(32, fill))); }
NewKey wanted(const std::string& tenant) { return {TenantId(tenant), "a key", Scopes{Scope::llm, Scope::nlu}, std::nullopt}; }

TEST(ApiKey, HasThePublishedShapeAndIsKeptAsAKeyedHash) {
  SeededRandom random(seed);
  const CreatedKey made = create_key(wanted("demo"), hasher(), {}, random, start);
  const std::string& key = made.key.expose();
  EXPECT_THAT(key, MatchesRegex("gh_[0-9a-f]+_[A-Za-z0-9_-]+"));
  EXPECT_EQ(key.size(), 55U);
  EXPECT_EQ(key.substr(3, 8), made.record.prefix);
  EXPECT_EQ(made.record.hash.size(), 64U);
  EXPECT_EQ(made.record.created_at, 1'700'000'000);
  const CreatedKey other = create_key(wanted("demo"), hasher('l'), {}, random, start);
  EXPECT_NE(other.key.expose(), key);
}

TEST(ApiKey, HashIsHmacSha256OfTheWholeText) {
  const KeyHasher::Digest digest = hasher().digest("gh_00000000_");
  EXPECT_EQ(to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size())),
            "aaf946e6d8554067bec86d5300d326c5164c49c5753f5a39029822f8085e669e");
}

TEST(ApiKey, PrefixesNeverRepeat) {
  SeededRandom random(seed);
  const CreatedKey first = create_key(wanted("demo"), hasher(), {}, random, start);
  SeededRandom again(seed);  // would draw the same prefix
  const CreatedKey second = create_key(wanted("demo"), hasher(), {first.record}, again, start);
  EXPECT_NE(second.record.prefix, first.record.prefix);
}

TEST(KeyRing, FindsEachKeyAndNumbersTenantsAsTheyAppear) {
  SeededRandom random(seed);
  std::vector<KeyRecord> records;
  std::vector<Secret<std::string>> keys;
  for (int i = 0; i < 50; ++i) {
    CreatedKey made = create_key(wanted(i % 2 == 0 ? "zebra" : "antelope"), hasher(), records, random, start);
    records.push_back(made.record);
    keys.push_back(made.key);
  }
  const Result<KeyRing> ring = KeyRing::make(records, hasher());
  ASSERT_TRUE(ring.ok());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const KeyRing::Entry* entry = ring->find(keys[i].expose());
    ASSERT_NE(entry, nullptr) << "seed " << seed << ", key " << i;
    EXPECT_EQ(entry->record, records[i]);
    EXPECT_EQ(entry->tenant_number, i % 2 == 0 ? 1U : 2U);
  }
}

TEST(KeyRing, NothingButTheWholeKeyIsFound) {
  SeededRandom random(seed);
  const CreatedKey made = create_key(wanted("demo"), hasher(), {}, random, start);
  const Result<KeyRing> ring = KeyRing::make({made.record}, hasher());
  const std::string& key = made.key.expose();
  ASSERT_NE(ring->find(key), nullptr);
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string wrong = key;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    EXPECT_EQ(ring->find(wrong), nullptr) << "character " << i;
    EXPECT_EQ(ring->find(key.substr(0, i)), nullptr);
  }
  EXPECT_EQ(ring->find(key + "A"), nullptr);
  EXPECT_EQ(ring->find(" " + key), nullptr);
  EXPECT_EQ(ring->find(""), nullptr);
  EXPECT_EQ(KeyRing::make({made.record}, hasher('x'))->find(key), nullptr) << "another master key";
}

TEST(KeyRing, AnEmptyRingKnowsNobody) {
  SeededRandom random(seed);
  const CreatedKey made = create_key(wanted("demo"), hasher(), {}, random, start);
  EXPECT_EQ(KeyRing::make({}, hasher())->find(made.key.expose()), nullptr);
}

TEST(KeyRing, RefusesRecordsThatCannotBeRight) {
  SeededRandom random(seed);
  const KeyRecord good = create_key(wanted("demo"), hasher(), {}, random, start).record;
  KeyRecord same_prefix = create_key(wanted("demo"), hasher(), {}, random, start).record, no_hash = good, no_prefix = good;
  same_prefix.prefix = good.prefix;
  no_hash.hash[5] = 'g';
  no_prefix.prefix[0] = 'F';
  for (const std::vector<KeyRecord>& bad : {std::vector{good, good}, std::vector{good, same_prefix}, {no_hash}, {no_prefix}}) {
    const Result<KeyRing> ring = KeyRing::make(bad, hasher());
    ASSERT_FALSE(ring.ok());
    EXPECT_EQ(ring.error().reason(), "key_file_damaged");
  }
}

TEST(KeyRing, ManyThreadsMayAskAtOnce) {
  SeededRandom random(seed);
  const CreatedKey made = create_key(wanted("demo"), hasher(), {}, random, start);
  const KeyRing ring = *KeyRing::make({made.record}, hasher());
  std::atomic<int> found = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([ring, &made, &found] {
        for (int i = 0; i < 500; ++i) found += ring.find(made.key.expose()) != nullptr;
      });
    }
  }
  EXPECT_EQ(found, 2000);
}

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() {
    std::filesystem::create_directories(folder_.data());
    SeededRandom random(seed);
    records_.push_back(create_key(wanted("demo"), hasher(), {}, random, start).record);
    records_.push_back(create_key(wanted("tenant-001"), hasher(), records_, random, start).record);
    records_[1].name = "\"quoted\" \xe4\xb8\xad\n";
    records_[1].expires_at = 1'800'000'000;
    records_[1].is_active = false;
    records_[1].revoked = true;
    EXPECT_TRUE(write_key_file(folder_.data(), records_).ok());
  }
  std::filesystem::path file() const { return key_file_of(folder_.data()); }
  Error read_error() const {
    const Result<std::vector<KeyRecord>> read = read_key_file(folder_.data());
    return read.ok() ? caller_error("it_was_read", contents(file())) : read.error();
  }
  void replace(const std::string& what, const std::string& with) {
    EXPECT_TRUE(write_key_file(folder_.data(), records_).ok());
    std::string text = contents(file());
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    put(file(), text.replace(at, what.size(), with));
  }

  TestFolder folder_;
  std::vector<KeyRecord> records_;
};

TEST_F(KeyFile, ComesBackAsItWasWritten) {
  EXPECT_EQ(*read_key_file(folder_.data()), records_);
  EXPECT_EQ(mode_of(file()), 0600U);
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".new"));
  EXPECT_THAT(contents(file()), HasSubstr(R"("expires_at":null)"));
}

TEST_F(KeyFile, AWriterThatWasKilledLeavesTheOldFileAndHindersNobody) {
  put(file().string() + ".new", "{\"version\":1,\"keys\":[{\"id\"");
  EXPECT_EQ(*read_key_file(folder_.data()), records_);
  records_.pop_back();
  ASSERT_TRUE(write_key_file(folder_.data(), records_).ok());
  EXPECT_EQ(*read_key_file(folder_.data()), records_);
}

TEST_F(KeyFile, EveryCutIsDamageThatNamesTheFileAndTheCure) {
  const std::string whole = contents(file());
  for (std::size_t length = 0; length + 1 < whole.size(); length += 7) {
    put(file(), whole.substr(0, length));
    const Error error = read_error();
    ASSERT_EQ(error.reason(), "key_file_damaged") << length;
    EXPECT_THAT(error.public_text(), HasSubstr(file().string()));
    EXPECT_THAT(error.public_text(), HasSubstr("backup"));
  }
}

TEST_F(KeyFile, IsReadStrictly) {
  const std::vector<std::pair<std::string, std::string>> faults{
      {"\"is_active\":true", "\"is_active\":1"},
      {"\"revoked\":false", "\"revoked\":false,\"admin\":true"},
      {"\"llm\"", "\"everything\""},
      {"\"expires_at\":null,", ""},
      {"\"created_at\":1700000000", "\"created_at\":\"now\""},
      {"\"version\":1", "\"version\":0"},
      {"\"version\":1,", ""},
      {"\"version\":1", "\"version\":1,\"version\":1"},
      {"\"keys\":[", "\"keys\":[null,"},
      {"{\"version\"", "[{\"version\""},
  };
  for (const auto& [what, with] : faults) {
    replace(what, with);
    EXPECT_EQ(read_error().reason(), "key_file_damaged") << with;
  }
  replace("\"version\":1", "\"version\":2,\"shards\":[]");
  EXPECT_EQ(read_error().reason(), "key_file_too_new");
}

TEST_F(KeyFile, MissingAndExposedAreSaid) {
  chmod(file().c_str(), 0644);
  EXPECT_EQ(read_error().reason(), "key_file_exposed");
  EXPECT_THAT(read_error().public_text(), HasSubstr("chmod 0600"));
  std::filesystem::remove(file());
  EXPECT_EQ(read_error().reason(), "key_file_missing");
}

TEST_F(KeyFile, NothingOfAKeyButItsHashIsInTheFile) {
  SeededRandom random(seed + 1);
  const CreatedKey made = create_key(wanted("demo"), hasher(), records_, random, start);
  records_.push_back(made.record);
  ASSERT_TRUE(write_key_file(folder_.data(), records_).ok());
  EXPECT_THAT(contents(file()), Not(HasSubstr(made.key.expose().substr(12))));
  EXPECT_THAT(contents(file()), HasSubstr(made.record.hash));
}

}  // namespace
}  // namespace gatehouse::identity
