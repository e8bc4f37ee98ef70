#include "prefix_store.h"

#include <gtest/gtest.h>

#include <array>

#include "gatehouse/base/random.h"
#include "prefix_choice.h"

namespace gatehouse::engine {
namespace {

class FakePrefix final : public KeptPrefix {
 public:
  explicit FakePrefix(std::size_t bytes) : bytes_(bytes) {}
  std::size_t bytes() const override { return bytes_; }
  Status restore(Seat, std::uint32_t) override { return ok(); }

 private:
  const std::size_t bytes_;
};

void keep(PrefixStore& store, std::uint64_t salt, std::vector<Token> tokens) {
  auto state = std::make_unique<FakePrefix>(tokens.size());
  store.keep(salt, std::move(tokens), std::move(state));
}
std::vector<Token> run_of(Token first, std::size_t count) {
  std::vector<Token> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = first + static_cast<Token>(i);
  return out;
}

// ---- What goes first ----

TEST(FirstToGo, WhatALongerOneHasToo) {
  const std::array kept{KeptView{.salt = 1, .bytes = 50, .tokens = 50, .alone = 50, .age = 9},
                        KeptView{.salt = 1, .bytes = 50, .tokens = 50, .alone = 0, .age = 0}};
  EXPECT_EQ(first_to_go(kept), 1U);
}

TEST(FirstToGo, WhatNobodyHasUsedForLongest) {
  const std::array kept{KeptView{.salt = 1, .bytes = 50, .tokens = 50, .alone = 50, .age = 2},
                        KeptView{.salt = 1, .bytes = 50, .tokens = 50, .alone = 50, .age = 7}};
  EXPECT_EQ(first_to_go(kept), 1U);
}

TEST(FirstToGo, WhatSavesLittleForItsSize) {
  const std::array kept{KeptView{.salt = 1, .bytes = 500, .tokens = 500, .alone = 16, .age = 3},
                        KeptView{.salt = 1, .bytes = 100, .tokens = 100, .alone = 100, .age = 3}};
  EXPECT_EQ(first_to_go(kept), 0U);
}

TEST(FirstToGo, ComesFromTheSaltThatTakesMost) {
  const std::array kept{KeptView{.salt = 1, .bytes = 50, .tokens = 50, .alone = 0, .age = 90},
                        KeptView{.salt = 2, .bytes = 60, .tokens = 60, .alone = 60, .age = 0}};
  EXPECT_EQ(first_to_go(kept), 1U);
}

// ---- The store ----

TEST(PrefixStore, NeverTakesMoreThanItMay) {
  SeededRandom dice(7);
  PrefixStore store(300);
  for (int i = 0; i < 2000; ++i) {
    keep(store, dice.next_u64() % 3, run_of(static_cast<Token>(dice.next_u64() % 20), 1 + dice.next_u64() % 120));
    ASSERT_LE(store.bytes(), 300U);
    ASSERT_GT(store.size(), 0U);
  }
}

TEST(PrefixStore, WhatIsLargerThanAllRoomPushesNothingOut) {
  PrefixStore store(100);
  keep(store, 1, run_of(0, 60));
  keep(store, 1, run_of(1000, 101));
  EXPECT_EQ(store.find(1, run_of(0, 60)).tokens, 60U);
}

TEST(PrefixStore, ATenantWithMuchDoesNotPushOutAnothersLittle) {
  PrefixStore store(300);
  keep(store, 1, run_of(0, 60));
  for (Token i = 1; i < 50; ++i) keep(store, 2, run_of(i * 1000, 60));
  EXPECT_EQ(store.find(1, run_of(0, 60)).tokens, 60U);
}

TEST(PrefixStore, WhatIsUsedStays) {
  PrefixStore store(300);
  keep(store, 1, run_of(0, 60));
  for (Token i = 1; i < 50; ++i) {
    const PrefixStore::Found found = store.find(1, run_of(0, 60));
    ASSERT_EQ(found.tokens, 60U);
    store.used(*found.state);
    keep(store, 1, run_of(i * 1000, 60));
  }
}

// ---- Copy, wait or compute ----

PrefixStep step(std::vector<PrefixSource> sources, std::uint32_t prompt) { return choose_prefix(sources, prompt).step; }

TEST(ChoosePrefix, CopiesTheMost) {
  const std::array sources{PrefixSource{40, 0}, PrefixSource{100, 0}, PrefixSource{90, 0}};
  const PrefixChoice choice = choose_prefix(sources, 500);
  EXPECT_EQ(choice.step, PrefixStep::copy);
  EXPECT_EQ(choice.source, 1U);
  EXPECT_EQ(choice.tokens, 100U);
}

TEST(ChoosePrefix, LeavesOneTokenToCompute) {
  const std::array sources{PrefixSource{100, 0}};
  EXPECT_EQ(choose_prefix(sources, 100).tokens, 99U);
}

TEST(ChoosePrefix, ComputesWhatIsTooLittle) {
  EXPECT_EQ(step({}, 500), PrefixStep::compute);
  EXPECT_EQ(step({{worth_copying - 1, 0}}, 500), PrefixStep::compute);
  EXPECT_EQ(step({{worth_copying, 0}}, 500), PrefixStep::copy);
}

TEST(ChoosePrefix, WaitsForWhatIsMuchMore) {
  EXPECT_EQ(step({{0, 512}}, 528), PrefixStep::wait);
  EXPECT_EQ(step({{500, 512}}, 528), PrefixStep::copy);
  EXPECT_EQ(step({{100, 0}, {0, 131}}, 528), PrefixStep::copy);
  EXPECT_EQ(step({{100, 0}, {0, 132}}, 528), PrefixStep::wait);
  EXPECT_EQ(step({{0, 512}}, 20), PrefixStep::compute) << "as soon computed";
}

}  // namespace
}  // namespace gatehouse::engine
