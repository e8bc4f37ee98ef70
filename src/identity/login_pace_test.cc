#include "gatehouse/identity/login_pace.h"

#include <gmock/gmock.h>

#include <type_traits>

#include "test_people.h"

namespace gatehouse::identity {
namespace {

PaceOptions small() {
  PaceOptions options;
  options.together = 3;
  options.address = 6;
  options.user = 9;
  options.longest_wait = seconds(8);
  options.forgotten_after = seconds(100);
  return options;
}

class Pace : public ::testing::Test {
 protected:
  // "wrong", "right", or how many seconds to wait.
  std::string attempt(const std::string& name, const std::string& address, bool right = false) {
    const Result<LoginPace::Attempt> begun = pace_.begin(name, address, now_);
    if (!begun) {
      EXPECT_EQ(begun.error().reason(), "login_slowed");
      EXPECT_EQ(begun.error().code(), Code::rate_limited);
      return std::to_string(begun.error().retry().wait()->count() / 1000);
    }
    right ? pace_.right(*begun, now_) : pace_.wrong(*begun, now_);
    return right ? "right" : "wrong";
  }
  void wrong(int times, const std::string& name, const std::string& address) {
    for (int i = 0; i < times; ++i) EXPECT_EQ(attempt(name, address), "wrong") << i;
  }
  LoginPace pace_{small(), test_hasher()};
  Instant now_{seconds(1000)};
};

TEST(PaceWait, DoublesAboveWhatIsFreeUpToTheLongest) {
  EXPECT_EQ(pace_wait(2, 3, seconds(60)), seconds(0));
  EXPECT_EQ(pace_wait(3, 3, seconds(60)), seconds(1));
  EXPECT_EQ(pace_wait(5, 3, seconds(60)), seconds(4));
  EXPECT_EQ(pace_wait(9, 3, seconds(60)), seconds(60));
  EXPECT_EQ(pace_wait(4'000'000'000U, 3, seconds(60)), seconds(60));
  EXPECT_EQ(pace_wait(4'000'000'000U, 0, seconds(60)), seconds(0)) << "never";
}

TEST_F(Pace, AWrongPasswordTooManyMakesWait) {
  wrong(3, "ann", "192.0.2.1");
  for (const char* name : {"ann", "ANN"}) EXPECT_EQ(attempt(name, "192.0.2.1", true), "1") << "even the right one";
  EXPECT_EQ(attempt("bob", "192.0.2.1"), "wrong");
  EXPECT_EQ(attempt("ann", "192.0.2.2"), "wrong");
  now_ += seconds(1);
  wrong(1, "ann", "192.0.2.1");
  EXPECT_EQ(attempt("ann", "192.0.2.1"), "2");
  now_ += milliseconds(1100);
  EXPECT_EQ(attempt("ann", "192.0.2.1"), "1") << "rounded up";
}

TEST_F(Pace, NobodyIsLockedOutForGood) {
  wrong(3, "ann", "192.0.2.1");
  for (int i = 0; i < 50; ++i) {
    now_ += seconds(8);
    wrong(1, "ann", "192.0.2.1");
  }
  EXPECT_EQ(attempt("ann", "192.0.2.1", true), "8");
  now_ += seconds(8);
  EXPECT_EQ(attempt("ann", "192.0.2.1", true), "right");
}

TEST_F(Pace, WhatIsRefusedMakesNothingWorse) {
  wrong(3, "ann", "192.0.2.1");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(attempt("ann", "192.0.2.1"), "1");
  now_ += seconds(1);
  EXPECT_EQ(attempt("ann", "192.0.2.1", true), "right");
}

TEST_F(Pace, WhoTriesManyNamesWaitsByAddress) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) wrong(1, name, "2001:db8::1");
  EXPECT_EQ(attempt("g", "2001:db8::2"), "1") << "one network of 64 bits is one client's";
  EXPECT_EQ(attempt("g", "2001:db8:0:1::1"), "wrong");
}

TEST_F(Pace, WhatOthersTryElsewhereDoesNotKeepOutWhoWasThereBefore) {
  EXPECT_EQ(attempt("ann", "192.0.2.99", true), "right");
  for (int i = 0; i < 9; ++i) wrong(1, "ann", "198.51.100." + std::to_string(i));
  EXPECT_EQ(attempt("ann", "203.0.113.1", true), "1") << "from where nobody knows her";
  EXPECT_EQ(attempt("ann", "192.0.2.99", true), "right");
  wrong(1, "ann", "192.0.2.99");
}

// Many at once are no way around it: above what is free one is let through at a time.
TEST_F(Pace, OneIsLetThroughAtATimeOnceSomebodyWaits) {
  wrong(3, "ann", "192.0.2.1");
  now_ += seconds(1);
  const Result<LoginPace::Attempt> first = pace_.begin("ann", "192.0.2.1", now_);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(pace_.begin("ann", "192.0.2.1", now_).ok());
  pace_.undone(*first, now_);
  const Result<LoginPace::Attempt> second = pace_.begin("ann", "192.0.2.1", now_);
  ASSERT_TRUE(second.ok()) << "it was not found out whether that was right";
  pace_.right(*second, now_);
  EXPECT_TRUE(pace_.begin("ann", "192.0.2.1", now_).ok());
}

// Names come from anybody, in any length, and what is kept for each must not be theirs to choose.
TEST_F(Pace, WhatIsKeptIsOfOneSizeWhateverWasGiven) {
  static_assert(std::is_trivially_copyable_v<LoginPace::Attempt>);
  const std::string longest(60'000, 'x');
  wrong(3, longest, "192.0.2.1");
  EXPECT_EQ(attempt(longest, "192.0.2.1"), "1");
  EXPECT_EQ(attempt(longest + "y", "192.0.2.1"), "wrong") << "and all of a name counts";
}

TEST_F(Pace, CountsAreForgottenWhenNothingWasWrongForAWhile) {
  wrong(3, "ann", "192.0.2.1");
  now_ += seconds(101);
  wrong(3, "ann", "192.0.2.1");
  EXPECT_EQ(attempt("ann", "192.0.2.1"), "1");
}

TEST(PaceOptions, OfNothingFreeMeansNever) {
  PaceOptions options;
  options.together = options.address = options.user = 0;
  LoginPace pace(options, test_hasher());
  for (int i = 0; i < 500; ++i) {
    const Result<LoginPace::Attempt> begun = pace.begin("ann", "192.0.2.1", Instant());
    ASSERT_TRUE(begun.ok());
    pace.wrong(*begun, Instant());
  }
}

TEST(PaceOptions, MemoryIsBoundedAndTheLatestStay) {
  PaceOptions options = small();
  options.most_entries = 100;
  LoginPace pace(options, test_hasher());
  Instant now{seconds(5)};
  const auto wrong = [&](const std::string& name, const std::string& address) {
    const Result<LoginPace::Attempt> begun = pace.begin(name, address, now);
    if (begun) pace.wrong(*begun, now);
    return begun.ok();
  };
  for (int i = 0; i < 1000; ++i) {
    now += milliseconds(1);
    wrong("name" + std::to_string(i), std::to_string(i % 250) + ".0.2.1");
    if (i >= 997) wrong("ann", "192.0.2.1");
  }
  EXPECT_FALSE(wrong("ann", "192.0.2.1"));
}

}  // namespace
}  // namespace gatehouse::identity
