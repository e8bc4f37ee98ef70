#include <gtest/gtest.h>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/base/hex.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/strong.h"

namespace gatehouse {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return caller_error("odd_number", "an odd number has no half").with_param("n");
  return n / 2;
}

Result<int> quarter(int n) {
  GH_TRY(const int h, half(n));
  return half(h);
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  const Result<int> failed = quarter(6);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().reason(), "odd_number");
  EXPECT_EQ(failed.error().param(), "n");
}

TEST(Result, ReadingTheWrongSideBreaksAnInvariant) {
  const Result<int> failed = half(1);
  EXPECT_THROW((void)failed.value(), BrokenInvariant);
}

TEST(Error, InternalErrorsKeepTheirDetailOutOfThePublicText) {
  const Error e = internal_error("disk_gone", "/secret/path: EIO");
  EXPECT_EQ(e.public_text().find("secret"), std::string::npos);
  EXPECT_NE(e.describe().find("/secret/path"), std::string::npos);
}

TEST(Error, CopiesAreIndependent) {
  Error a = caller_error("a", "text");
  const Error b = a;
  a = std::move(a).with_param("x");
  EXPECT_EQ(b.param(), "");
}

TEST(Random, UuidHasVersionAndVariant) {
  SeededRandom random(7);
  const std::string id = random.uuid();
  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  SeededRandom again(7);
  EXPECT_EQ(again.uuid(), id);
}

TEST(Hex, RoundTripsAndRefusesForeignCharacters) {
  EXPECT_EQ(from_hex(to_hex("\x00\xff gate")), std::string("\x00\xff gate"));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("zz"));
}

// Where short texts stand.
std::string object_of(const Secret<std::string>& secret) { return {reinterpret_cast<const char*>(&secret), sizeof secret}; }

TEST(Secret, LeavesNothingWhereItWasMovedFrom) {
  Secret<std::string> first(std::string("hunter2"));
  ASSERT_NE(object_of(first).find("hunter2"), std::string::npos);
  Secret<std::string> second(std::move(first));
  EXPECT_EQ(second.expose(), "hunter2");
  EXPECT_EQ(object_of(first).find("unter2"), std::string::npos);  // NOLINT: that is what is asked
  first = std::move(second);
  EXPECT_EQ(first.expose(), "hunter2");
  EXPECT_EQ(object_of(second).find("unter2"), std::string::npos);  // NOLINT
}

TEST(FakeClock, MovesOnlyWhenTold) {
  FakeClock clock;
  const Instant before = clock.now();
  EXPECT_EQ(clock.now(), before);
  clock.advance(seconds(3));
  EXPECT_EQ(clock.now() - before, seconds(3));
}

}  // namespace
}  // namespace gatehouse
