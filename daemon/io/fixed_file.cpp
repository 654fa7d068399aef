#include "daemon/io/fixed_file.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "daemon/path.h"

namespace reporterd {
namespace {

constexpr int owner_only = 0600;

// Runs one of libuv's file operations here and now, without a loop; gives its result.
template <typename Operation, typename... Arguments>
ssize_t run(Operation operation, Arguments... arguments) {
  uv_fs_t request;
  operation(nullptr, &request, arguments..., nullptr);
  const ssize_t result = request.result;
  uv_fs_req_cleanup(&request);
  return result;
}

uv_buf_t buffer_of(const char* bytes, std::size_t size) {
  // libuv has one kind of buffer for both ways; a write leaves it as it is.
  return uv_buf_init(const_cast<char*>(bytes), static_cast<unsigned>(size));
}

std::unexpected<Error> failed(const std::string& path, ssize_t error) {
  return fail(ErrorCode::io,
              fmt::format("cannot use {}: {}", path, uv_strerror(static_cast<int>(error))));
}

std::size_t size_of(int file) {
  uv_fs_t request;
  uv_fs_fstat(nullptr, &request, file, nullptr);
  const std::size_t size = request.result == 0 ? request.statbuf.st_size : 0;
  uv_fs_req_cleanup(&request);
  return size;
}

}  // namespace

Result<std::unique_ptr<FixedFile>> FixedFile::open(const std::string& path, std::size_t size) {
  std::error_code unknown;
  const auto there = std::filesystem::symlink_status(path_of(path), unknown);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    return fail(ErrorCode::io, fmt::format("{} is in the way and no regular file: move it", path));
  }
  const ssize_t opened =
      run(uv_fs_open, path.c_str(), UV_FS_O_RDWR | UV_FS_O_CREAT | UV_FS_O_NOFOLLOW, owner_only);
  if (opened < 0) {
    return failed(path, opened);
  }
  std::unique_ptr<FixedFile> file(new FixedFile(path, static_cast<int>(opened), size));
  if (const ssize_t error = run(uv_fs_fchmod, file->file_, owner_only); error < 0) {
    return failed(path, error);
  }
  const std::size_t before = size_of(file->file_);
  if (before > size) {
    const auto length = static_cast<std::int64_t>(size);
    if (const ssize_t error = run(uv_fs_ftruncate, file->file_, length); error < 0) {
      return failed(path, error);
    }
  } else if (Status filled = file->write_nul(before); !filled) {
    file.reset();
    std::filesystem::remove(path_of(path), unknown);  // what a full disk gave so far is given back
    return std::unexpected(std::move(filled.error()));
  }
  return file;
}

FixedFile::FixedFile(std::string path, int file, std::size_t size)
    : path_(std::move(path)), file_(file), size_(size) {}

FixedFile::~FixedFile() {
  run(uv_fs_close, file_);
}

std::string FixedFile::read() const {
  std::string bytes(size_, '\0');
  std::size_t filled = 0;
  while (filled < size_) {
    const uv_buf_t buffer = buffer_of(bytes.data() + filled, size_ - filled);
    const ssize_t more = run(uv_fs_read, file_, &buffer, 1U, static_cast<std::int64_t>(filled));
    if (more <= 0) {
      break;
    }
    filled += static_cast<std::size_t>(more);
  }
  bytes.resize(filled);
  return bytes;
}

Status FixedFile::write(std::size_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const uv_buf_t buffer = buffer_of(bytes.data(), bytes.size());
    const ssize_t written = run(uv_fs_write, file_, &buffer, 1U, static_cast<std::int64_t>(at));
    if (written < 0) {
      return failed(path_, written);
    }
    at += static_cast<std::size_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status FixedFile::write_nul(std::size_t from) {
  static constexpr std::array<char, 16 << 10> piece{};
  Status done;
  while (done && from < size_) {
    const std::size_t count = std::min(piece.size(), size_ - from);
    done = write(from, {piece.data(), count});
    from += count;
  }
  return done;
}

void FixedFile::erase(std::size_t from) {
  if (!write_nul(from)) {
    run(uv_fs_ftruncate, file_, static_cast<std::int64_t>(from));
  }
}

}  // namespace reporterd
