#include "answer_shelves.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace gatehouse::gateway {
namespace {

constexpr std::size_t shelf_room = 80'000;
constexpr seconds shelf_ttl{60};

Instant at(std::int64_t second) { return Instant(seconds(second)); }

AnswerKey key_of(std::uint32_t tenant, std::uint8_t asked, std::uint32_t model = 1) {
  AnswerKey key;
  key.asked.at(0) = asked;
  key.asked.at(1) = static_cast<std::uint8_t>(tenant);
  key.tenant = tenant;
  key.model = model;
  return key;
}

// Of so many bytes, all told.
AnswerPtr answer_of(std::size_t bytes) {
  KeptAnswer made;
  made.status = 200;
  made.body.assign(bytes - AnswerShelves::cost_of(KeptAnswer()), 'x');
  return std::make_shared<const KeptAnswer>(std::move(made));
}

class AnswerShelvesTest : public ::testing::Test {
 protected:
  void put(const AnswerKey& key, std::size_t bytes, std::int64_t second = 0) {
    shelves.put(key, TenantId("t" + std::to_string(key.tenant)), answer_of(bytes), at(second));
  }
  bool has(const AnswerKey& key, std::int64_t second = 0) { return shelves.find(key, at(second)) != nullptr; }
  AnswerShelves shelves{shelf_room, shelf_ttl};
};

TEST_F(AnswerShelvesTest, KeepWhatWasPutUnderItsKey) {
  const AnswerPtr one = answer_of(1000), other = answer_of(2000);
  shelves.put(key_of(1, 1), TenantId("t1"), one, at(0));
  EXPECT_EQ(shelves.find(key_of(1, 1), at(0)), one);
  for (const AnswerKey& another : {key_of(1, 2), key_of(2, 1), key_of(1, 1, 2)}) EXPECT_FALSE(has(another));
  shelves.put(key_of(1, 1), TenantId("t1"), other, at(0));
  EXPECT_EQ(shelves.find(key_of(1, 1), at(0)), other) << "in its place";
  EXPECT_EQ(shelves.answers(), 1U);
  EXPECT_EQ(shelves.bytes(), 2000U);
  EXPECT_EQ(shelves.bytes_of(1), 2000U);
  EXPECT_EQ(shelves.bytes_of(2), 0U);
}

TEST_F(AnswerShelvesTest, LetGoOfWhatIsTooOldThoughItIsUsed) {
  put(key_of(1, 1), 1000, 0);
  put(key_of(1, 2), 1000, 30);
  EXPECT_TRUE(has(key_of(1, 1), 59));
  EXPECT_FALSE(has(key_of(1, 1), 60));
  EXPECT_TRUE(has(key_of(1, 2), 60));
  EXPECT_EQ(shelves.too_old(), 1U);
  EXPECT_FALSE(has(key_of(1, 2), 90));
  EXPECT_EQ(shelves.bytes(), 0U);
  EXPECT_EQ(shelves.too_old(), 2U);
}

TEST_F(AnswerShelvesTest, DoNotSeeATimeAgain) {
  put(key_of(1, 1), 1000, 100);
  EXPECT_FALSE(has(key_of(1, 1), 160));
  put(key_of(1, 2), 1000, 90);
  EXPECT_TRUE(has(key_of(1, 2), 219)) << "it was put at 160";
  EXPECT_FALSE(has(key_of(1, 2), 220));
}

TEST_F(AnswerShelvesTest, MakeRoomByWhatWasNotUsedForLongest) {
  for (std::uint8_t i = 0; i < 8; ++i) put(key_of(1, i), 10'000);
  EXPECT_TRUE(has(key_of(1, 0)));
  put(key_of(1, 8), 10'000);
  EXPECT_TRUE(has(key_of(1, 0))) << "it was used";
  EXPECT_FALSE(has(key_of(1, 1)));
  EXPECT_TRUE(has(key_of(1, 8)));
  EXPECT_EQ(shelves.bytes(), shelf_room);
  EXPECT_EQ(shelves.crowded_out(), 1U);
}

TEST_F(AnswerShelvesTest, AnAnswerOfMoreThanAnEighthIsNotKept) {
  put(key_of(1, 1), 10'000);
  put(key_of(1, 2), 10'001);
  EXPECT_FALSE(has(key_of(1, 2)));
  put(key_of(1, 1), 10'001);
  EXPECT_FALSE(has(key_of(1, 1))) << "what it replaces is not right any more";
  EXPECT_EQ(shelves.answers(), 0U);
}

TEST_F(AnswerShelvesTest, WhoHasLittleLosesNothingToWhoHasMuch) {
  for (std::uint8_t i = 0; i < 3; ++i) put(key_of(2, i), 10'000);
  for (int i = 0; i < 200; ++i) put(key_of(1, static_cast<std::uint8_t>(i)), 9000);
  for (std::uint8_t i = 0; i < 3; ++i) EXPECT_TRUE(has(key_of(2, i)));
  EXPECT_LE(shelves.bytes(), shelf_room);
  EXPECT_EQ(shelves.bytes_of(1), 5 * 9000U);
  for (int i = 0; i < 200; ++i) put(key_of(2, static_cast<std::uint8_t>(i)), 9000);
  EXPECT_EQ(shelves.bytes_of(1), 4 * 9000U) << "and who came first has no more than who comes later";
  EXPECT_EQ(shelves.bytes_of(2), 4 * 9000U);
}

TEST_F(AnswerShelvesTest, ForgetAModelAndTenantsWhoAreGone) {
  put(key_of(1, 1), 1000);
  put(key_of(1, 2, 2), 1000);
  put(key_of(2, 1), 1000);
  put(key_of(3, 1), 1000);
  shelves.forget_model(2);
  EXPECT_FALSE(has(key_of(1, 2, 2)));
  EXPECT_EQ(shelves.answers(), 3U);
  shelves.forget_tenants([](const TenantId& tenant, std::uint32_t number) {
    EXPECT_EQ(tenant.value(), "t" + std::to_string(number));
    return number == 2;
  });
  EXPECT_FALSE(has(key_of(1, 1)));
  EXPECT_TRUE(has(key_of(2, 1)));
  EXPECT_FALSE(has(key_of(3, 1)));
  EXPECT_EQ(shelves.bytes(), 1000U);
}

// What is kept is what would be by the rules, written down the simplest way.
TEST_F(AnswerShelvesTest, WhateverHappensTheBoundsHoldAndSumsAreTrue) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 dice(seed);
  std::map<std::pair<std::uint32_t, std::uint8_t>, std::pair<std::size_t, std::int64_t>> put_last;  // bytes, when
  std::int64_t now = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += static_cast<std::int64_t>(dice() % 8 == 0 ? dice() % 20 : 0);
    const auto tenant = static_cast<std::uint32_t>(1 + dice() % 5);
    const auto asked = static_cast<std::uint8_t>(dice() % 40);
    if (dice() % 2 == 0) {
      const std::size_t bytes = 600 + dice() % 10'000;
      put(key_of(tenant, asked), bytes, now);
      put_last[{tenant, asked}] = {bytes, now};
    } else if (has(key_of(tenant, asked), now)) {
      const auto& [bytes, when] = put_last.at({tenant, asked});
      ASSERT_LT(now, when + shelf_ttl.count());
      ASSERT_EQ(AnswerShelves::cost_of(*shelves.find(key_of(tenant, asked), at(now))), bytes);
    }
    std::size_t all = 0;
    for (std::uint32_t one = 1; one <= 5; ++one) all += shelves.bytes_of(one);
    ASSERT_EQ(all, shelves.bytes());
    ASSERT_LE(all, shelf_room);
  }
  EXPECT_GT(shelves.crowded_out(), 0U);
  EXPECT_GT(shelves.too_old(), 0U);
}

}  // namespace
}  // namespace gatehouse::gateway
