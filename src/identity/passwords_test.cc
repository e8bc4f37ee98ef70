#include "gatehouse/identity/passwords.h"

#include <gmock/gmock.h>

#include <ctime>
#include <future>

#include "argon2id.h"
#include "gatehouse/runtime/run_task.h"
#include "test_secret.h"

namespace gatehouse::identity {
namespace {

using ::testing::StartsWith;

// 0, 1, 2 and so on: salts that other implementations can be given.
class CountingRandom final : public RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(i);
  }
};

// Made by two other implementations that agree: the reference implementation (libargon2) and OpenSSL 3.5. Salts of 16 bytes.
struct KnownAnswer {
  std::string password, hash;
};
const std::vector<KnownAnswer> known_answers{
    {"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$yrdGtGIZk/3JHsUHh5gLQUqQppLwvGjf4Z+cJbPLqew"},
    {"", "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$Me1B4tc/J/3+TrS+xlE0Hli6Q0dwUcb+StrXNdgu4Io"},
    {std::string("a\0b", 3), "$argon2id$v=19$m=64,t=3,p=1$AAECAwQFBgcICQoLDA0ODw$2Vd/0mpmDxycOZ3W8Q64eW9c99ZnUgW23pnaWcZoRiQ"},
    {"correct horse \xe7\x94\xb5\xe6\xb1\xa0 staple",
     "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$G4Xw9z3gXS/mYZbkTh+d7KdgWh0Tu/fMXRoayqDcOPU"},
};

PasswordOptions cheap() {
  PasswordOptions options;
  options.cost.passes = 1;
  options.cost.memory_kib = 8;
  return options;
}

class PasswordsTest : public ::testing::Test {
 protected:
  template <class T>
  T ask(Task<T> task) {
    return run_task(reactor_, std::move(task));
  }
  Verdict verify(Passwords& passwords, const std::string& password, const std::string& hash) {
    return ask(passwords.verify(reactor_, secret(password), hash)).value();
  }
  std::string hash(Passwords& passwords, const std::string& password) { return ask(passwords.hash(reactor_, secret(password))).value(); }

  const SystemClock clock_;
  Reactor reactor_{0, clock_};
  SystemRandom random_;
};

TEST(Argon2idText, IsReadAsOthersWriteItAndWrittenTheSame) {
  for (const KnownAnswer& known : known_answers) {
    const std::optional<Argon2id> read = parse_argon2id(known.hash);
    ASSERT_TRUE(read.has_value()) << known.hash;
    EXPECT_EQ(text_of(*read), known.hash);
  }
}

TEST(Argon2idText, AnythingElseIsNone) {
  const std::string good = known_answers[0].hash;
  const auto with = [&good](const std::string& was, const std::string& is) {
    return std::string(good).replace(good.find(was), was.size(), is);
  };
  const std::vector<std::string> wrong{
      "", "$", "$argon2id$", good.substr(1), " " + good, good + "$", good + "A", good + "=", good.substr(0, good.size() - 1),
      with("argon2id", "argon2i"), with("v=19", "v=16"), with("m=256", "m=0256"), with("m=256", "m=+256"), with("m=256", "m=7"),
      with("m=256", "m="), with("m=256", "m=65537"), with("m=256", "m=4294967552"), with("t=2", "t=0"), with("t=2", "t=11"),
      with("t=2", "t=-2"), with("p=1", "p=2"), with("p=1", "p=1,x=1"), with("m=256,t=2", "t=2,m=256"), with("c29t", "c29"),
      with("c29t", "c2 9"), with("c29t", "c29-"), with("sdA$", "sdB$"), with("qew", "qex"), std::string(good).replace(3, 1, 1, '\0'),
      // What others write.
      "$2b$12$abcdefghijklmnopqrstuuKyvzwQ7p8b1dyS3zWEI5tgFMHfVNXhe",
      "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"};
  for (const std::string& text : wrong) EXPECT_FALSE(parse_argon2id(text).has_value()) << text;
}

TEST_F(PasswordsTest, AreCheckedAsOtherImplementationsDo) {
  Passwords passwords(PasswordOptions(), random_);
  for (const KnownAnswer& known : known_answers) {
    EXPECT_NE(verify(passwords, known.password, known.hash), Verdict::wrong) << known.hash;
    EXPECT_EQ(verify(passwords, known.password + "x", known.hash), Verdict::wrong) << known.hash;
  }
  EXPECT_EQ(verify(passwords, known_answers[3].password, known_answers[3].hash), Verdict::right) << "today's cost";
}

TEST_F(PasswordsTest, AreHashedAsOtherImplementationsDo) {
  CountingRandom salt;
  Passwords todays(PasswordOptions(), salt), least(cheap(), salt);
  EXPECT_EQ(hash(todays, known_answers[3].password), known_answers[3].hash);
  EXPECT_EQ(hash(least, ""), known_answers[1].hash);
}

TEST_F(PasswordsTest, OnePasswordHasAnotherHashEachTime) {
  Passwords passwords(cheap(), random_);
  const std::string first = hash(passwords, "open sesame"), second = hash(passwords, "open sesame");
  EXPECT_NE(first, second);
  for (const std::string& kept : {first, second}) {
    EXPECT_THAT(kept, StartsWith("$argon2id$v=19$m=8,t=1,p=1$"));
    EXPECT_EQ(verify(passwords, "open sesame", kept), Verdict::right);
    for (const char* wrong : {"", "open sesam", "open sesame ", "Open sesame"}) EXPECT_EQ(verify(passwords, wrong, kept), Verdict::wrong);
  }
}

TEST_F(PasswordsTest, OfAnotherCostAreRightAndToBeHashedAgain) {
  PasswordOptions more_passes = cheap(), more_memory = cheap();
  more_passes.cost.passes = 2;
  more_memory.cost.memory_kib = 16;
  Passwords passwords(cheap(), random_);
  const std::string kept = hash(passwords, "open sesame");
  for (const PasswordOptions& options : {more_passes, more_memory}) {
    Passwords later(options, random_);
    EXPECT_EQ(verify(later, "open sesame", kept), Verdict::right_needs_rehash);
    EXPECT_EQ(verify(later, "wrong", kept), Verdict::wrong);
    EXPECT_EQ(verify(later, "open sesame", hash(later, "open sesame")), Verdict::right);
  }
}

// The vectors of crypt_blowfish.
TEST_F(PasswordsTest, OfOthersByBcryptAreTakenAndToBeHashedAgain) {
  Passwords passwords(cheap(), random_);
  const std::vector<KnownAnswer> known{{"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
                                       {"U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
                                       {"U*U*", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
                                       {"", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"}};
  for (const auto& [password, kept] : known) {
    EXPECT_TRUE(is_password_hash(kept));
    EXPECT_EQ(verify(passwords, password, kept), Verdict::right_needs_rehash) << kept;
    for (const std::string& wrong : {password + "x", std::string("U*u"), password + std::string(1, '\0')}) {
      EXPECT_EQ(verify(passwords, wrong, kept), Verdict::wrong) << kept;
    }
  }
  const std::string good = known[1].hash;
  for (const std::string& none :
       {good.substr(0, 59), good + "W", "$2x" + good.substr(3), "$2b$15" + good.substr(6), "$2b$03" + good.substr(6),
        "$2b$5$" + good.substr(6), "$2b$05" + good.substr(6, 53) + "-", std::string(60, '$')}) {
    EXPECT_FALSE(is_password_hash(none)) << none;
    EXPECT_EQ(ask(passwords.verify(reactor_, secret("U*U"), none)).error().reason(), "password_hash_unreadable") << none;
  }
}

TEST_F(PasswordsTest, NobodysIsWrongWhateverIsTried) {
  CountingRandom known;  // even for who knows what the machine drew
  Passwords passwords(cheap(), known);
  for (const char* tried : {"", "open sesame"}) EXPECT_EQ(verify(passwords, tried, ""), Verdict::wrong);
}

TEST_F(PasswordsTest, NobodysCostsAsMuchAsSomebodys) {
  PasswordOptions options;
  options.cost.memory_kib = 4096;
  options.threads = 1;
  Passwords passwords(options, random_);
  const std::string kept = hash(passwords, "open sesame");
  const auto cost = [&](const std::string& of) {
    const std::clock_t before = std::clock();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(verify(passwords, "wrong", of), Verdict::wrong);
    return static_cast<double>(std::clock() - before);
  };
  const double somebodys = cost(kept), nobodys = cost("");
  EXPECT_GT(nobodys, somebodys / 2);
  EXPECT_LT(nobodys, somebodys * 2);
}

TEST_F(PasswordsTest, AHashThatIsNoneIsAnErrorOfOursAndNotAWrongPassword) {
  Passwords passwords(cheap(), random_);
  for (const char* kept : {"x", "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$yrdGtGIZk/3JHsUHh5gLQUqQppLwvGjf4Z+cJbPLqew"}) {
    const Result<Verdict> verdict = ask(passwords.verify(reactor_, secret("open sesame"), kept));
    ASSERT_FALSE(verdict.ok()) << kept;
    EXPECT_EQ(verdict.error().reason(), "password_hash_unreadable");
    EXPECT_EQ(verdict.error().code(), Code::internal);
  }
}

TEST_F(PasswordsTest, ACostThatIsNotAllowedIsNeverBegunWith) {
  for (const auto& [passes, memory_kib] : {std::pair(0U, 8U), std::pair(11U, 8U), std::pair(1U, 7U), std::pair(1U, 65537U)}) {
    PasswordOptions options;
    options.cost.passes = passes;
    options.cost.memory_kib = memory_kib;
    EXPECT_THROW(Passwords(options, random_), BrokenInvariant);
  }
}

// Randomness that makes whoever asks for it wait, once Passwords has begun.
class HeldRandom final : public RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    if (begun_) go_on_.wait();
    SystemRandom().fill(out);
  }
  void hold() { begun_ = true; }
  Task<Result<std::string>> let_go() {
    promise_.set_value();
    co_return std::string("let go");
  }

 private:
  std::atomic<bool> begun_{false};
  std::promise<void> promise_;
  std::shared_future<void> go_on_{promise_.get_future()};
};

TEST_F(PasswordsTest, AboveTheQueueAreRefusedAtOnceWithATime) {
  PasswordOptions options = cheap();
  options.threads = 2;
  options.waiting = 3;
  HeldRandom random;
  Passwords passwords(options, random);
  random.hold();
  std::vector<Task<Result<std::string>>> asked;
  for (int i = 0; i < 7; ++i) asked.push_back(passwords.hash(reactor_, secret("open sesame")));
  asked.push_back(random.let_go());  // the reactor is free while the others wait
  const std::vector<Result<std::string>> answers = run_tasks(reactor_, std::move(asked));
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(answers[i].ok()) << i;
  for (std::size_t i = 5; i < 7; ++i) {
    ASSERT_FALSE(answers[i].ok()) << i;
    EXPECT_EQ(answers[i].error().reason(), "server_is_overloaded");
    EXPECT_EQ(answers[i].error().code(), Code::unavailable);
    EXPECT_EQ(answers[i].error().retry().wait(), seconds(1));
  }
  EXPECT_EQ(verify(passwords, "open sesame", hash(passwords, "open sesame")), Verdict::right) << "there is room again";
}

}  // namespace
}  // namespace gatehouse::identity
