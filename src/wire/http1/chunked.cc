#include "http1/chunked.h"

#include <algorithm>

#include "http1/ascii.h"
#include "http1/errors.h"
#include "http1/field_guard.h"

namespace gatehouse::wire::http1 {
namespace {

// Reads one grammar element after another off the front of an extension.
class ExtensionReader {
 public:
  explicit ExtensionReader(std::string_view text) : rest_(text) {}

  // *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )
  bool valid() {
    while (!rest_.empty()) {
      blanks();
      if (!take(';')) return false;
      blanks();
      if (!token()) return false;
      const std::string_view before = rest_;
      blanks();
      if (!take('=')) {
        rest_ = before;
        continue;
      }
      blanks();
      if (!(rest_.starts_with('"') ? quoted() : token())) return false;
    }
    return true;
  }

 private:
  void blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool token() {
    std::size_t n = 0;
    while (n < rest_.size() && is_token_char(rest_[n])) ++n;
    rest_.remove_prefix(n);
    return n > 0;
  }
  bool quoted() {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }
  std::string_view rest_;
};

}  // namespace

void ChunkedDecoder::reset() {
  state_ = State::size;
  left_ = 0;
  digits_ = 0;
  extension_.clear();
  trailers_.clear();
  trailer_lines_.reset();
}

Result<std::size_t> ChunkedDecoder::take(std::string_view bytes, std::string* body) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ == State::data) {
      at += take_data(bytes.substr(at), body);
    } else if (state_ == State::trailers) {
      GH_TRY(const std::size_t taken, take_trailers(bytes.substr(at)));
      at += taken;
    } else {
      GH_CHECK(take_frame_byte(bytes[at]));
      ++at;
    }
  }
  return at;
}

Status ChunkedDecoder::take_frame_byte(char c) {
  switch (state_) {
    case State::size:
      return take_size_digit(c);
    case State::extension:
      if (c == '\r') return end_extension();
      if (is_control(c)) return malformed_chunk("A chunk extension contains a control byte");
      if (extension_.size() >= limits_.chunk_extension) return malformed_chunk("A chunk extension is too long");
      extension_ += c;
      return ok();
    case State::size_lf:
      if (c != '\n') return malformed_chunk("A chunk size does not end with CR LF");
      state_ = left_ > 0 ? State::data : State::trailers;
      return ok();
    case State::data_cr:
      if (c != '\r') return malformed_chunk("A chunk is longer than its size says");
      state_ = State::data_lf;
      return ok();
    default:
      if (c != '\n') return malformed_chunk("A chunk does not end with CR LF");
      state_ = State::size;
      digits_ = 0;
      return ok();
  }
}

Status ChunkedDecoder::take_size_digit(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    if (++digits_ > 16) return malformed_chunk("A chunk size has more than 16 digits");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return ok();
  }
  if (digits_ == 0) return malformed_chunk("A chunk has no size");
  if (c == '\r') {
    state_ = State::size_lf;
    return ok();
  }
  if (c != ';' && c != ' ' && c != '\t') return malformed_chunk("A chunk size is not hexadecimal");
  extension_.assign(1, c);
  state_ = State::extension;
  return ok();
}

Status ChunkedDecoder::end_extension() {
  if (!ExtensionReader(extension_).valid()) return malformed_chunk("A chunk extension is malformed");
  extension_.clear();
  state_ = State::size_lf;
  return ok();
}

std::size_t ChunkedDecoder::take_data(std::string_view bytes, std::string* body) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  if (body != nullptr) body->append(bytes.substr(0, n));
  left_ -= n;
  if (left_ == 0) state_ = State::data_cr;
  return n;
}

Result<std::size_t> ChunkedDecoder::take_trailers(std::string_view bytes) {
  GH_TRY(const std::size_t taken, trailer_lines_.take(bytes));
  trailers_.append(bytes.substr(0, taken));
  if (!trailer_lines_.done()) return taken;
  std::string_view rest = trailers_;
  for (std::size_t end = rest.find("\r\n"); end > 0; end = rest.find("\r\n")) {
    GH_CHECK(check_trailer(rest.substr(0, end)));
    rest.remove_prefix(end + 2);
  }
  trailers_.clear();
  state_ = State::done;
  return taken;
}

}  // namespace gatehouse::wire::http1
