#include "gatehouse/identity/sealing.h"

#include <gmock/gmock.h>

#include "gatehouse/base/hex.h"
#include "test_secret.h"

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t sealing_seed = 31;

std::string ascending(char first, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out.push_back(static_cast<char>(first + i));
  return out;
}
Sealer sealer(char first = 0) { return *Sealer::make(secret(ascending(first, 32))); }
const SealedPlace place(SealedPlace::signing_key, "kid-1");

// "opened", or why not.
std::string outcome(const Result<Secret<std::string>>& opened) { return opened.ok() ? "opened" : std::string(opened.error().reason()); }

TEST(Sealing, WhatWasSealedOpens) {
  SeededRandom random(sealing_seed);
  for (const std::string& text : {std::string(), std::string("x"), std::string("\0\xff", 2), std::string(5000, 's')}) {
    const std::string sealed = sealer().seal(secret(text), place, random);
    EXPECT_EQ(sealed.size(), 1 + 24 + text.size() + 16);
    const Result<Secret<std::string>> opened = sealer().open(sealed, place);
    ASSERT_EQ(outcome(opened), "opened");
    EXPECT_EQ(opened->expose(), text);
  }
}

TEST(Sealing, OneSecretLooksAnotherWayEachTime) {
  SeededRandom random(sealing_seed);
  EXPECT_NE(sealer().seal(secret("s"), place, random), sealer().seal(secret("s"), place, random));
}

TEST(Sealing, OpensWhatAnotherImplementationSealed) {
  // Key 00…1f, nonce 40…57, "a private key" for the signing key kid-1: computed with HChaCha20 written out in Python, which gives the
  // draft's own answer, in front of OpenSSL's ChaCha20-Poly1305.
  const std::string sealed =
      *from_hex("01404142434445464748494a4b4c4d4e4f5051525354555657b5197502b9961862ead4ecdbd62098363abdcd8c670f78727af6506646");
  const Result<Secret<std::string>> opened = sealer().open(sealed, place);
  ASSERT_EQ(outcome(opened), "opened");
  EXPECT_EQ(opened->expose(), "a private key");
}

TEST(Sealing, NothingOpensInAnothersPlace) {
  SeededRandom random(sealing_seed);
  const std::string sealed = sealer().seal(secret("s"), place, random);
  for (const SealedPlace& other : {SealedPlace(SealedPlace::signing_key, "kid-2"), SealedPlace(SealedPlace::signing_key, ""),
                                   SealedPlace(SealedPlace::signing_secret, "kid-1"), SealedPlace("signing keyk", "id-1"),
                                   SealedPlace("signing ke", "ykid-1"), SealedPlace("", "signing keykid-1")}) {
    EXPECT_EQ(outcome(sealer().open(sealed, other)), "seal_broken") << other.what << " " << other.id;
  }
  EXPECT_EQ(outcome(sealer(1).open(sealed, place)), "seal_broken") << "another master key";
}

TEST(Sealing, EveryBitCounts) {
  SeededRandom random(sealing_seed);
  const std::string sealed = sealer().seal(secret("a private key"), place, random);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string wrong = sealed;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ 1 << bit % 8);
    EXPECT_EQ(outcome(sealer().open(wrong, place)), "seal_broken") << "bit " << bit;
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) {
    EXPECT_EQ(outcome(sealer().open(sealed.substr(0, length), place)), "seal_broken") << length;
  }
  EXPECT_EQ(outcome(sealer().open(sealed + "x", place)), "seal_broken");
}

TEST(Sealing, ErrorsNameTheRecordInTheLogAlone) {
  const Result<Secret<std::string>> opened = sealer().open("\x02" + std::string(60, 'x'), place);
  ASSERT_EQ(outcome(opened), "seal_broken");
  EXPECT_THAT(opened.error().detail(), HasSubstr("signing key 'kid-1': sealed in another way"));
  EXPECT_THAT(opened.error().public_text(), Not(HasSubstr("kid-1")));
  EXPECT_FALSE(opened.error().retry().worthwhile());
}

TEST(Sealing, NeedsAKeyOfThirtyTwoBytes) {
  for (const std::size_t length : {0U, 16U, 31U, 33U}) {
    const Result<Sealer> made = Sealer::make(secret(std::string(length, 'k')));
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().reason(), "sealing_failed");
  }
}

}  // namespace
}  // namespace gatehouse::identity
