//! Groups and their members.

use crate::{primitives::Timestamp, sensitive::Sensitive, types::UserType};

operation! {
    /// Creates a group in a user pool.
    CreateGroup: SigV4, Once;
    errors {
        GroupExists InternalError InvalidParameter LimitExceeded NotAuthorized
        OperationNotEnabled ResourceNotFound TooManyRequests
    }
    request CreateGroupRequest {
        required {
            /// ID of the user pool to create the group in.
            user_pool_id: String,
            /// Name of the new group, unique in the pool and fixed from then on.
            ///
            /// 1 to 128 characters, no spaces.
            group_name: String,
        }
        optional {
            /// Description of the group, up to 2048 characters.
            description: String,
            /// Rank of the group where a user is in several, from 0; the lowest number wins.
            ///
            /// The winner's role becomes the claim `cognito:preferred_role`; a group without a
            /// precedence ranks last.
            precedence: i32,
            /// ARN of the IAM role for members who get AWS credentials through an identity pool.
            ///
            /// Appears in the claims `cognito:roles` and, by precedence,
            /// `cognito:preferred_role`.
            role_arn: String,
        }
    }
    response CreateGroupResponse {
        optional {
            /// The new group.
            group: GroupType,
        }
    }
}

operation! {
    /// Returns a group of a user pool.
    GetGroup: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request GetGroupRequest {
        required {
            /// ID of the user pool that the group is in.
            user_pool_id: String,
            /// Name of the group to return.
            group_name: String,
        }
    }
    response GetGroupResponse {
        optional {
            /// The group.
            group: GroupType,
        }
    }
}

operation! {
    /// Changes the description, role or precedence of a group.
    ///
    /// Tokens that members hold already keep their claims until they are renewed.
    UpdateGroup: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request UpdateGroupRequest {
        required {
            /// ID of the user pool that the group is in.
            user_pool_id: String,
            /// Name of the group to change.
            ///
            /// The name itself can't be changed.
            group_name: String,
        }
        optional {
            /// New description of the group, up to 2048 characters.
            description: String,
            /// New rank of the group where a user is in several, from 0; the lowest number wins.
            precedence: i32,
            /// ARN of the new IAM role for members who get AWS credentials through an identity
            /// pool.
            role_arn: String,
        }
    }
    response UpdateGroupResponse {
        optional {
            /// The group after the change.
            group: GroupType,
        }
    }
}

operation! {
    /// Deletes a group from a user pool.
    ///
    /// Its members stay in the pool.
    DeleteGroup: SigV4, Once;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    request DeleteGroupRequest {
        required {
            /// ID of the user pool that the group is in.
            user_pool_id: String,
            /// Name of the group to delete.
            group_name: String,
        }
    }
    response DeleteGroupResponse {}
}

operation! {
    /// Lists the groups of a user pool.
    ListGroups: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { groups: GroupType, next_token }
    request ListGroupsRequest {
        required {
            /// ID of the user pool whose groups to list.
            user_pool_id: String,
        }
        optional {
            /// Largest number of entries to return in one page.
            ///
            /// 0 to 60; a page may hold fewer, even none, and still be followed by another.
            limit: i32,
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
        }
    }
    response ListGroupsResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// Groups on this page.
            groups: GroupType,
        }
    }
}

operation! {
    /// Adds a user to a group as an administrator.
    ///
    /// A user may be in up to 100 groups, and takes at most 10 writes a second; the claim
    /// `cognito:groups` changes with the next tokens. A missing group is reported as
    /// `ResourceNotFoundException`.
    AdminAddUserToGroup: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminAddUserToGroupRequest {
        required {
            /// ID of the user pool that holds both user and group.
            user_pool_id: String,
            /// Username of the user to add.
            ///
            /// An alias or the user's `sub` works too.
            username: Sensitive<String>,
            /// Name of the group to add the user to.
            group_name: String,
        }
    }
    response AdminAddUserToGroupResponse {}
}

operation! {
    /// Removes a user from a group as an administrator.
    ///
    /// Tokens that the user holds already keep the group until they are renewed.
    AdminRemoveUserFromGroup: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    request AdminRemoveUserFromGroupRequest {
        required {
            /// ID of the user pool that holds both user and group.
            user_pool_id: String,
            /// Username of the user to remove.
            ///
            /// An alias or the user's `sub` works too.
            username: Sensitive<String>,
            /// Name of the group to remove the user from.
            group_name: String,
        }
    }
    response AdminRemoveUserFromGroupResponse {}
}

operation! {
    /// Lists the groups that a user is in.
    AdminListGroupsForUser: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests UserNotFound
    }
    pages { groups: GroupType, next_token }
    request AdminListGroupsForUserRequest {
        required {
            /// ID of the user pool that the user is in.
            user_pool_id: String,
            /// Username of the user whose groups to list.
            ///
            /// An alias or the user's `sub` works too.
            username: Sensitive<String>,
        }
        optional {
            /// Largest number of entries to return in one page.
            ///
            /// 0 to 60; a page may hold fewer, even none, and still be followed by another.
            limit: i32,
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
        }
    }
    response AdminListGroupsForUserResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// The user's groups on this page.
            groups: GroupType,
        }
    }
}

operation! {
    /// Lists the users in a group.
    ListUsersInGroup: SigV4, Repeatable;
    errors {
        InternalError InvalidParameter NotAuthorized OperationNotEnabled ResourceNotFound
        TooManyRequests
    }
    pages { users: UserType, next_token }
    request ListUsersInGroupRequest {
        required {
            /// ID of the user pool that the group is in.
            user_pool_id: String,
            /// Name of the group whose users to list.
            group_name: String,
        }
        optional {
            /// Largest number of entries to return in one page.
            ///
            /// 0 to 60; a page may hold fewer, even none, and still be followed by another.
            limit: i32,
            /// Continuation token from the previous page.
            ///
            /// Leave it out to start at the first page.
            next_token: String,
        }
    }
    response ListUsersInGroupResponse {
        optional {
            /// Continuation token for the next page.
            ///
            /// Absent on the last page.
            next_token: String,
        }
        lists {
            /// Users on this page.
            users: UserType,
        }
    }
}

structure! {
    /// Group of users in a user pool.
    GroupType {
        optional {
            /// When the group was created.
            creation_date: Timestamp,
            /// Description of the group.
            description: String,
            /// Name of the group.
            group_name: String,
            /// When the group was last changed.
            last_modified_date: Timestamp,
            /// Rank of the group where a user is in several, from 0; the lowest number wins.
            ///
            /// The winner's role becomes the claim `cognito:preferred_role`; a group without a
            /// precedence ranks last.
            precedence: i32,
            /// ARN of the IAM role for members who get AWS credentials through an identity pool.
            ///
            /// Appears in the claims `cognito:roles` and, by precedence,
            /// `cognito:preferred_role`.
            role_arn: String,
            /// ID of the user pool that the group is in.
            user_pool_id: String,
        }
    }
}
