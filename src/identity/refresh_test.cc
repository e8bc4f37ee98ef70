#include <gmock/gmock.h>

#include <map>
#include <set>

#include "refresh_decision.h"
#include "refresh_token.h"
#include "test_people.h"

namespace gatehouse::identity {
namespace {

constexpr seconds grace{10}, lifetime{1000};
const store::Digest phone{1}, laptop{2};

// A session as the desk keeps it, without a store.
class Family {
 public:
  explicit Family(std::uint64_t seed) : random_(seed), first_(first_refresh_token(hasher_, random_)) {
    store::Session session(first_.session, store::UserId("u"));
    session.digest = digest_of(first_, hasher_);
    session.expires = now + lifetime;
    kept = std::move(session);
  }
  const RefreshToken& first() const { return first_; }

  RefreshVerdict look(const RefreshToken& shown, const store::Digest& client) const {
    return decide_refresh(kept, ShownToken(shown.generation, digest_of(shown, hasher_), client), now, grace);
  }
  // What the desk does with the verdict; the child where there is one.
  std::optional<RefreshToken> show(const RefreshToken& shown, const store::Digest& client) {
    last = look(shown, client);
    if (last == RefreshVerdict::reuse) kept.reset();
    if (last != RefreshVerdict::rotate && last != RefreshVerdict::same_child) return std::nullopt;
    RefreshToken child = child_of(shown, hasher_);
    if (last == RefreshVerdict::rotate) {
      kept->used.emplace(digest_of(shown, hasher_), client, now);
      kept->generation = child.generation;
      kept->digest = digest_of(child, hasher_);
      kept->expires = now + lifetime;
    }
    return child;
  }

  store::Moment now = test_moment;
  std::optional<store::Session> kept;
  RefreshVerdict last = RefreshVerdict::unknown;

 private:
  const KeyHasher hasher_ = test_hasher();
  SeededRandom random_;
  const RefreshToken first_;
};

TEST(RefreshToken, IsReadAsItWasMadeAndNothingElseIs) {
  SeededRandom random(5);
  const KeyHasher hasher = test_hasher(), anothers = *KeyHasher::make(Secret<std::string>(std::string(32, 'x')));
  const RefreshToken first = first_refresh_token(hasher, random), second = child_of(first, hasher);
  for (const RefreshToken* token : {&first, &second}) {
    const std::string& text = token->text.expose();
    const std::optional<RefreshToken> read = read_refresh_token(text, hasher);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->session, first.session);
    EXPECT_EQ(read->generation, token->generation);
    EXPECT_EQ(digest_of(*read, hasher), digest_of(*token, hasher));
    EXPECT_FALSE(read_refresh_token(text, anothers).has_value());
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string altered = text;
      altered[i] = altered[i] == 'a' ? 'b' : 'a';
      EXPECT_FALSE(read_refresh_token(altered, hasher).has_value()) << i;
      EXPECT_FALSE(read_refresh_token(text.substr(0, i), hasher).has_value()) << i;
    }
    EXPECT_FALSE(read_refresh_token(text + "A", hasher).has_value());
  }
  EXPECT_EQ(second.generation, 1U);
  EXPECT_NE(first_refresh_token(hasher, random).session, first.session);
}

TEST(RefreshToken, HasOneChildWhichItsSecretAloneMakes) {
  SeededRandom random(5);
  const KeyHasher hasher = test_hasher(), anothers = *KeyHasher::make(Secret<std::string>(std::string(32, 'x')));
  const RefreshToken first = first_refresh_token(hasher, random);
  EXPECT_EQ(child_of(first, hasher).text.expose(), child_of(first, hasher).text.expose());
  EXPECT_NE(child_of(first, hasher).text.expose(), child_of(first, anothers).text.expose()) << "nor without our key";
  EXPECT_NE(child_of(first, hasher).text.expose(), child_of(child_of(first, hasher), hasher).text.expose());
}

TEST(RefreshDecision, TakesEachTokenOnceAndTheLastOneAgainWithinTheGrace) {
  Family family(1);
  const RefreshToken second = *family.show(family.first(), phone);
  EXPECT_EQ(family.last, RefreshVerdict::rotate);
  family.now += grace - seconds(1);
  EXPECT_EQ(family.show(family.first(), phone)->text.expose(), second.text.expose());
  EXPECT_EQ(family.last, RefreshVerdict::same_child);
  EXPECT_EQ(family.look(family.first(), laptop), RefreshVerdict::reuse) << "another client";
  family.now += seconds(1);
  EXPECT_EQ(family.look(family.first(), phone), RefreshVerdict::reuse) << "too late";
  const RefreshToken third = *family.show(second, laptop);
  EXPECT_EQ(family.last, RefreshVerdict::rotate) << "who moves on takes the token along";
  EXPECT_EQ(family.look(family.first(), laptop), RefreshVerdict::reuse) << "a grandparent";
  EXPECT_EQ(family.look(third, phone), RefreshVerdict::rotate);
  family.now += lifetime;
  for (const RefreshToken* token : {&second, &third}) EXPECT_EQ(family.look(*token, laptop), RefreshVerdict::expired);
}

TEST(RefreshDecision, KnowsNothingOfWhatIsNotKept) {
  Family family(1), older(1);
  const RefreshToken second = *family.show(family.first(), phone);
  EXPECT_EQ(older.look(second, phone), RefreshVerdict::unknown) << "a backup was put back";
  EXPECT_EQ(older.look(older.first(), phone), RefreshVerdict::rotate) << "and nothing ends by that";
  older.kept->digest = {};
  EXPECT_EQ(older.look(older.first(), phone), RefreshVerdict::unknown);
  family.kept.reset();
  EXPECT_EQ(family.look(second, phone), RefreshVerdict::unknown);
}

// Two clients that know each other's tokens or not, in any order and at any time. Whatever they do: at most one token can be exchanged;
// a token that was given again is the one that was given before; and once a token has come back too late, or by another client, nothing
// of the session is taken any more.
class Interleaving {
 public:
  explicit Interleaving(std::uint64_t seed) : family_(seed), random_(seed) {
    known_[0].push_back(family_.first()), all_.push_back(family_.first());
  }

  void run() {
    for (int step = 0; step < 60 && !::testing::Test::HasFailure(); ++step) {
      if (below(8) == 0) steal();
      family_.now += seconds(below(4) == 0 ? below(15) : 0);
      const std::size_t who = below(2);
      if (!known_[who].empty()) show(who);
      check();
    }
  }
  bool ended() const { return ended_; }

 private:
  std::size_t below(std::size_t n) { return random_.next_u64() % n; }
  void steal() {
    const std::size_t from = below(2);
    if (!known_[from].empty()) known_[1 - from].push_back(known_[from].back());
  }
  // Mostly the newest that it knows.
  void show(std::size_t who) {
    const std::vector<RefreshToken>& tokens = known_[who];
    const RefreshToken shown = below(4) == 0 ? tokens[below(tokens.size())] : tokens.back();
    const store::Digest& client = who == 0 ? phone : laptop;
    const bool newest = shown.generation + 1 == all_.size();
    const bool in_grace = shown.generation + 2 == all_.size() && used_by_ == who && family_.now < used_at_ + grace;
    const std::optional<RefreshToken> child = family_.show(shown, client);
    EXPECT_EQ(child.has_value(), !ended_ && (newest || in_grace)) << "generation " << shown.generation << " of " << all_.size();
    ended_ = ended_ || !(newest || in_grace);
    if (!child) return;
    if (newest) {
      all_.push_back(*child);
      used_by_ = who, used_at_ = family_.now;
    }
    EXPECT_EQ(child->text.expose(), all_[shown.generation + 1].text.expose());
    known_[who].push_back(*child);
  }
  void check() {
    std::size_t exchangeable = 0;
    for (const RefreshToken& token : all_) {
      for (const store::Digest& client : {phone, laptop}) {
        const RefreshVerdict verdict = family_.look(token, client);
        exchangeable += verdict == RefreshVerdict::rotate && client == phone;
        EXPECT_TRUE(!ended_ || verdict == RefreshVerdict::unknown) << "generation " << token.generation;
      }
    }
    EXPECT_EQ(exchangeable, ended_ ? 0U : 1U);
  }

  Family family_;
  SeededRandom random_;
  std::vector<RefreshToken> known_[2], all_;  // all: by generation
  std::size_t used_by_ = 0;
  store::Moment used_at_{};
  bool ended_ = false;
};

TEST(RefreshDecision, AfterReuseNothingOfTheSessionIsTakenWhateverTheOrder) {
  int ended = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Interleaving interleaving(seed);
    interleaving.run();
    ended += interleaving.ended();
    if (HasFailure()) return;
  }
  EXPECT_GT(ended, 500);
}

}  // namespace
}  // namespace gatehouse::identity
