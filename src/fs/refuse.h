#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Requests that no plane serves: each is answered with the session's refusal. */

#include "fuse_api.h"

void refuse_make(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void refuse_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void refuse_remove(fuse_req_t req, fuse_ino_t parent, const char *name);
void refuse_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void refuse_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
                   const char *newname, unsigned int flags);
void refuse_link(fuse_req_t req, fuse_ino_t nodeid, fuse_ino_t newparent, const char *newname);
void refuse_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
                   struct fuse_file_info *fi);
void refuse_setattr(fuse_req_t req, fuse_ino_t nodeid, struct stat *attr, int to_set,
                    struct fuse_file_info *fi);
void refuse_write(fuse_req_t req, fuse_ino_t nodeid, const char *data, size_t size, off_t offset,
                  struct fuse_file_info *fi);
void refuse_setxattr(fuse_req_t req, fuse_ino_t nodeid, const char *name, const char *value,
                     size_t size, int flags);
void refuse_removexattr(fuse_req_t req, fuse_ino_t nodeid, const char *name);
void refuse_fallocate(fuse_req_t req, fuse_ino_t nodeid, int mode, off_t offset, off_t length,
                      struct fuse_file_info *fi);
